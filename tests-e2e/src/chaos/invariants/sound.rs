//! What is known when one order was paid and nothing went wrong, for tests to break.

use serde_json::{Value, json};
use test_support::Mail;

use super::super::evidence::{Evidence, Message, Tables};
use super::super::shop::STOCK;
use super::super::shoppers::Record;

const SERVICES: [&str; 3] = ["order-service", "payment-service", "notification-service"];

/// One mug for 12.50, by a guest called Ada.
pub(super) fn evidence() -> Evidence {
    let tables = mails(payments(orders(Tables::default())));
    let intent = json!({
        "id": "pi_1", "session": "cs_1", "clientReferenceId": "order-1", "status": "succeeded",
        "currency": "usd", "captured": 1250, "refunded": 0, "refunds": [],
    });
    let ada = Record {
        email: "ada@example.com".to_owned(),
        jwt: Some("login-of-ada".to_owned()),
        order_token: Some("token-of-ada".to_owned()),
        ..Record::default()
    };
    Evidence {
        tables,
        books: json!({ "paymentIntents": [intent], "totals": { "usd": { "captured": 1250, "refunded": 0 } } }),
        deliveries: vec![json!({ "id": "evt_1", "deliveries": [{ "delivered": true }] })],
        messages: messages(),
        mails: vec![mail("<1@shop>")],
        logs: vec![("order-service-1".to_owned(), applied("order-service", "captured"))],
        customers: vec![ada],
        dead_letters_measured: SERVICES.map(|service| (service.to_owned(), 0)).into(),
    }
}

fn orders(tables: Tables) -> Tables {
    let order = json!({
        "id": "order-1", "status": "paid", "payment_status": "succeeded", "paid_by": "payment-1",
        "stock_state": "committed", "amount": 1250, "currency": "usd", "sequence": 2, "generation": 1,
    });
    let payment = json!({
        "payment_id": "payment-1", "order_id": "order-1", "attempt": 1, "sequence": 2, "status": "succeeded",
        "amount": 1250, "amount_refunded": 0, "currency": "usd", "session_id": "cs_1", "declines": 0,
    });
    let created = json!({
        "id": 1, "order_id": "order-1", "action": "created", "from_status": null, "to_status": "pending",
        "event_id": "created",
    });
    let opened = json!({
        "id": 2, "order_id": "order-1", "action": "payment_advanced", "from_status": "pending",
        "to_status": "pending", "payment_id": "payment-1", "cause_event_id": "opened", "event_id": null,
    });
    let paid = json!({
        "id": 3, "order_id": "order-1", "action": "payment_advanced", "from_status": "pending",
        "to_status": "paid", "payment_id": "payment-1", "cause_event_id": "captured", "event_id": "paid",
    });
    let product = |(id, begun): (&str, i64)| {
        let stock = begun - i64::from(id == "mug");
        json!({ "id": id, "sequence": 1, "stock": stock, "held": 0 })
    };
    let seen = |event: &str| json!({ "consumer_group": "order-service", "event_id": event });
    tables
        .with("order-service/orders", vec![order])
        .with(
            "order-service/order_items",
            vec![json!({ "order_id": "order-1", "product_id": "mug", "quantity": 1 })],
        )
        .with("order-service/order_payments", vec![payment])
        .with("order-service/order_history", vec![created, opened, paid])
        .with("order-service/products", STOCK.map(product).into())
        .with("order-service/inbox", vec![seen("opened"), seen("captured")])
}

fn payments(tables: Tables) -> Tables {
    let payment = json!({
        "id": "payment-1", "purchase_id": "order-1", "status": "succeeded", "sequence": 2, "amount": 1250,
        "amount_received": 1250, "amount_refunded": 0, "currency": "usd", "session_id": "cs_1",
        "payment_intent_id": "pi_1", "client_secret": "pi_1_secret_1", "livemode": false,
    });
    let step = |id: i64, from: &str, to: &str, event: &str| {
        json!({
            "id": id, "payment_id": "payment-1", "from_status": from, "to_status": to, "event_id": event,
        })
    };
    tables
        .with("payment-service/payments", vec![payment])
        .with(
            "payment-service/payment_history",
            vec![step(1, "created", "open", "opened"), step(2, "open", "succeeded", "captured")],
        )
        .with("payment-service/stripe_events", vec![json!({ "id": "evt_1", "state": "processed" })])
}

fn mails(tables: Tables) -> Tables {
    let confirmed = json!({
        "kind": "order_confirmed", "subject": "order-1", "order_id": "order-1", "state": "sent", "attempts": 1,
        "message_id": "<1@shop>",
    });
    tables.with("notification-service/notifications", vec![confirmed])
}

/// In the order in which they were published.
fn messages() -> Vec<Message> {
    let order = |sequence: i64, status: &str| {
        json!({
            "orderId": "order-1", "sequence": sequence, "status": status, "amount": 1250, "currency": "usd",
        })
    };
    let payment = |sequence: i64, status: &str| {
        json!({
            "paymentId": "payment-1", "sequence": sequence, "status": status, "amount": 1250,
            "amountRefunded": 0, "currency": "usd",
        })
    };
    let product = |id: &str| json!({ "productId": id, "sequence": 1 });
    vec![
        message("product.created", "mug", product("mug")),
        message("product.created", "poster", product("poster")),
        message("product.created", "rare", product("rare")),
        message("order.created", "created", order(1, "pending")),
        message("payment.created", "opened", payment(1, "open")),
        message("payment.successful", "captured", payment(2, "succeeded")),
        message("order.paid", "paid", order(2, "paid")),
    ]
}

pub(super) fn message(topic: &str, event: &str, data: Value) -> Message {
    Message { topic: topic.to_owned(), partition: 0, offset: 0, event_id: event.to_owned(), data }
}

pub(super) fn mail(id: &str) -> Mail {
    Mail {
        message_id: id.to_owned(),
        to: String::new(),
        subject: String::new(),
        from: String::new(),
        html: String::new(),
        text: String::new(),
        raw: String::new(),
    }
}

/// A consumer's line about an event that it applied.
pub(super) fn applied(group: &str, event: &str) -> String {
    json!({ "message": "message applied", "group": group, "event_id": event }).to_string()
}
