//! Each invariant is seen to be broken: one thing at a time is changed in what is known of a sound purchase.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::super::evidence::{Evidence, Rows, Tables};
use super::secrets::ALWAYS;
use super::{all, sound};

/// Changes one thing.
type Change = fn(&mut Evidence);

const ORDERS: &str = "order-service/orders";
const COPIES: &str = "order-service/order_payments";
const ORDER_HISTORY: &str = "order-service/order_history";
const PRODUCTS: &str = "order-service/products";
const PAYMENTS: &str = "payment-service/payments";
const PAYMENT_HISTORY: &str = "payment-service/payment_history";
const STRIPE_EVENTS: &str = "payment-service/stripe_events";
const MAILS: &str = "notification-service/notifications";

/// What still holds.
const SOUND: &[(&str, Change)] = &[
    ("nothing", |_| {}),
    ("a webhook that was never taken", |e| {
        e.deliveries.push(json!({ "id": "evt_2", "deliveries": [{ "delivered": false }] }));
    }),
    ("an event published twice", |e| e.messages.extend(e.messages.last().cloned())),
    ("a mail sent twice in two tries", |e| {
        set(e, MAILS, "attempts", 2);
        e.mails.extend(e.mails.last().cloned());
    }),
    ("a mail about a decline that was overtaken", |e| {
        let declined = json!({
            "kind": "payment_failed", "subject": "payment-1", "order_id": "order-1", "state": "skipped",
            "attempts": 0, "last_error": "paid_meanwhile", "message_id": "<2@shop>",
        });
        add(e, MAILS, declined);
        add(e, "notification-service/settled_purchases", json!({ "purchase_id": "order-1" }));
    }),
];

/// The number of the invariant, a part of what is said, and what breaks it.
const BROKEN: &[(u8, &str, Change)] = &[
    (1, "more is given back than was captured", |e| set(e, PAYMENTS, "amount_refunded", 2000)),
    (1, "its refunds are 0 in all", |e| set(e, PAYMENTS, "amount_refunded", 400)),
    (1, "usd (captured, refunded): Stripe (2500, 0), ledger (1250, 0)", |e| {
        e.books["totals"]["usd"]["captured"] = 2500.into();
    }),
    (1, "eur (captured, refunded): Stripe has none", |e| set(e, PAYMENTS, "currency", "eur")),
    (1, "Stripe gave back more than it took", |e| intent(e)["refunded"] = 2000.into()),
    (1, "money that the ledger does not know", |e| set(e, PAYMENTS, "payment_intent_id", "pi_2")),
    (1, "Stripe (2500, 0), ledger (1250, 0): ", |e| intent(e)["captured"] = 2500.into()),
    (1, "Stripe (1250, 0), order-service", |e| set(e, COPIES, "amount", 1000)),
    (1, "order-service does not know the payment", |e| rows(e, COPIES).clear()),
    (2, "order-1 has 2 captures that are kept", |e| {
        let mut second = intent(e).clone();
        second["id"] = "pi_2".into();
        e.books["paymentIntents"].as_array_mut().unwrap().push(second);
    }),
    (2, "for an order that is not there", |e| rows(e, ORDERS).clear()),
    (2, "for an order that is not paid", |e| set(e, ORDERS, "status", "cancelled")),
    (2, "the order is paid by another", |e| set(e, ORDERS, "paid_by", "payment-2")),
    (2, "given back 2 times", |e| intent(e)["refunds"] = json!([{ "amount": 1250 }, { "amount": 1250 }])),
    (2, "asked back", |e| {
        add(e, "order-service/refund_requests", json!({ "id": "ask-1", "payment_id": "payment-1" }));
    }),
    (3, "paid by nothing we know", |e| set(e, ORDERS, "paid_by", "payment-2")),
    (3, "Stripe does not know its PaymentIntent", |e| set(e, PAYMENTS, "payment_intent_id", "pi_2")),
    (3, "its order does not fit", |e| intent(e)["clientReferenceId"] = "order-2".into()),
    (3, "its amount does not fit", |e| intent(e)["captured"] = 1249.into()),
    (3, "its currency does not fit", |e| intent(e)["currency"] = "eur".into()),
    (3, "its mode does not fit", |e| set(e, PAYMENTS, "livemode", true)),
    (3, "its status does not fit", |e| intent(e)["status"] = "processing".into()),
    (3, "its session does not fit", |e| set(e, PAYMENTS, "session_id", "cs_2")),
    (4, "answered 2xx, and not stored", |e| rows(e, STRIPE_EVENTS).clear()),
    (4, "evt_1 is quarantined", |e| set(e, STRIPE_EVENTS, "state", "quarantined")),
    (5, "payment-1: published [2] of [1, 2]", |e| e.messages.retain(|one| one.event_id != "opened")),
    (5, "order.paid order-1: 1 after Some(2)", |e| {
        e.messages.push(sound::message("order.paid", "late", json!({ "orderId": "order-1", "sequence": 1 })));
    }),
    (5, "rare: published [1], and there is no row", |e| rows(e, PRODUCTS).truncate(2)),
    (5, "amount of the newest event differs", |e| set(e, ORDERS, "amount", 1000)),
    (5, "event lost never reached Kafka", |e| set(e, ORDER_HISTORY, "event_id", "lost")),
    (5, "event captured has no row in payment_history", |e| rows(e, PAYMENT_HISTORY).truncate(1)),
    (5, "payment-service: left in the outbox", |e| add(e, "payment-service/outbox", json!({}))),
    (6, "payment_history: 2 rows of [\"event_id\"]", |e| again(e, PAYMENT_HISTORY)),
    (6, "order-service/inbox: 2 rows", |e| again(e, "order-service/inbox")),
    (6, "notifications: 2 rows of [\"kind\", \"subject\"]", |e| again(e, MAILS)),
    (6, "order_history created: 2 rows", |e| again(e, ORDER_HISTORY)),
    (6, "order_history payment_advanced: 2 rows", |e| rows(e, ORDER_HISTORY).extend_from_within(1..2)),
    (6, "order-service applied event captured 2 times", |e| {
        e.logs.push(("order-service-2".to_owned(), sound::applied("order-service", "captured")));
    }),
    (7, "a payment lost rank, it was Some(\"succeeded\")", |e| {
        let step =
            json!({ "id": 3, "payment_id": "payment-1", "from_status": "open", "to_status": "failed" });
        add(e, PAYMENT_HISTORY, step);
    }),
    (7, "its history ends with Some(\"succeeded\")", |e| set(e, PAYMENTS, "status", "failed")),
    (7, "an order cannot go from paid to cancelled", |e| {
        let step = json!({ "id": 4, "order_id": "order-1", "from_status": "paid", "to_status": "cancelled" });
        add(e, ORDER_HISTORY, step);
    }),
    (7, "its history ends with Some(\"paid\")", |e| set(e, ORDERS, "status", "expired")),
    (7, "its money was taken, and it is not paid", |e| set(e, ORDERS, "status", "expired")),
    (7, "its payments show partially_refunded", |e| set(e, COPIES, "amount_refunded", 400)),
    (7, "order-service has not heard of", |e| rows(e, COPIES).clear()),
    (7, "sequence differs", |e| set(e, COPIES, "sequence", 1)),
    (7, "Stripe: None, and here", |e| e.books["paymentIntents"] = json!([])),
    (7, "its stock does not fit its status", |e| set(e, ORDERS, "stock_state", "held")),
    (7, "mug: 100000 less 1 sold, 0 held", |e| set(e, PRODUCTS, "stock", 100_000)),
    (8, "measured: (Some(0), Some(0), Some(1))", |e| {
        *e.dead_letters_measured.values_mut().next().unwrap() = 1
    }),
    (8, "measured: (Some(0), Some(0), None)", |e| e.dead_letters_measured.clear()),
    (8, "measured: (Some(0), Some(1), Some(0))", |e| {
        e.messages.push(sound::message("order-service.dlq", "dead", json!({})));
    }),
    (8, "notification-service: order.paid paid: no such field", |e| {
        let letter = json!({ "topic": "order.paid", "event_id": "paid", "error": "no such field" });
        add(e, "notification-service/dead_letters", letter);
    }),
    (9, "paid calls for a mail order_confirmed order-1", |e| rows(e, MAILS).clear()),
    (9, "0 copies of", |e| e.mails.clear()),
    (9, "2 copies of", |e| e.mails.extend(e.mails.last().cloned())),
    (9, "1 copies of", |e| set(e, MAILS, "state", "pending")),
    (9, "1 copies of", |e| set(e, MAILS, "state", "skipped")),
    (9, "<2@shop>, which no notification has", |e| e.mails.push(sound::mail("<2@shop>"))),
    (10, "logs a mail address", |e| log(e, r#"{"to":"ada@example.com"}"#)),
    (10, "logs a login", |e| log(e, "authorization: Bearer login-of-ada")),
    (10, "logs an order's token", |e| log(e, "/orders/order-1?token=x,token-of-ada")),
    (10, "logs a client secret", |e| log(e, "opened pi_1_secret_1")),
];

fn rows<'a>(evidence: &'a mut Evidence, table: &str) -> &'a mut Rows {
    evidence.tables.rows(table)
}

/// Of the table's first row.
fn set(evidence: &mut Evidence, table: &str, column: &str, value: impl Into<Value>) {
    rows(evidence, table)[0][column] = value.into();
}

fn add(evidence: &mut Evidence, table: &str, row: Value) {
    rows(evidence, table).push(row);
}

/// The first row once more.
fn again(evidence: &mut Evidence, table: &str) {
    rows(evidence, table).extend_from_within(..1);
}

fn intent(evidence: &mut Evidence) -> &mut Value {
    &mut evidence.books["paymentIntents"][0]
}

fn log(evidence: &mut Evidence, line: &str) {
    evidence.logs.push(("payment-service-1".to_owned(), line.to_owned()));
}

#[test]
fn what_is_sound_is_not_found_broken() {
    for (what, change) in SOUND {
        let mut evidence = sound::evidence();
        change(&mut evidence);
        assert_eq!(all(&evidence), [], "{what}");
    }
}

#[test]
fn what_is_broken_is_found_under_its_number() {
    for (number, part, change) in BROKEN {
        let mut evidence = sound::evidence();
        change(&mut evidence);
        let found = all(&evidence);
        let told = found.iter().any(|one| one.number == *number && one.what.contains(part));
        assert!(told, "invariant {number}, {part}: {found:#?}");
    }
    let numbers: BTreeSet<u8> = BROKEN.iter().map(|(number, ..)| *number).collect();
    assert_eq!(numbers, (1..=10).collect());
}

#[test]
fn a_secret_of_every_kind_is_found() {
    for (what, secret) in ALWAYS {
        let mut evidence = sound::evidence();
        log(&mut evidence, &format!("before {secret} after"));
        let found = all(&evidence);
        let told = found.iter().any(|one| one.number == 10 && one.what.contains(&format!("logs {what}")));
        assert!(told, "{what}: {found:#?}");
    }
}

/// What a replay is checked with.
#[test]
fn a_row_that_changed_came_or_went_is_told() {
    let before = Tables::default().with(ORDERS, vec![json!({ "id": 1 }), json!({ "id": 2 })]);
    let repeated = json!({ "id": 9, "outcome": "superseded" });
    let now = before.clone().with(PAYMENT_HISTORY, vec![repeated]);
    assert!(now.changes_since(&before, &[]).is_empty());
    let now = now.with(ORDERS, vec![json!({ "id": 2 }), json!({ "id": 3 })]);
    let told = ["order-service/orders: now {\"id\":3}", "order-service/orders: was {\"id\":1}"];
    assert_eq!(now.changes_since(&before, &[]), told);
    assert!(now.changes_since(&before, &["/orders"]).is_empty());
}
