//! Invariant 5: a state, its history and its events go together: of each payment, order and product, the topics have
//! every sequence from 1 to the row's, in order; no event lacks a row, no row lacks its event; the outbox is empty.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::super::evidence::{Evidence, Message, number, text};

/// Topics, the id in their events, where the row is, and its id.
const KINDS: [(&str, &str, &str, &str); 3] = [
    ("payment.", "paymentId", "payment-service/payments", "id"),
    ("order.", "orderId", "order-service/orders", "id"),
    ("product.", "productId", "order-service/products", "id"),
];
/// Changes nothing of the order, so it has no sequence.
const UNNUMBERED: &str = "order.refund_requested";

pub(super) fn check(evidence: &Evidence) -> Vec<String> {
    let mut wrong = Vec::new();
    let events = evidence.events();
    for kind in KINDS {
        sequences(evidence, &events, kind, &mut wrong);
    }
    contents(evidence, &events, &mut wrong);
    for (service, topic) in [("payment-service", "payment."), ("order-service", "order.")] {
        histories(evidence, &events, (service, topic), &mut wrong);
    }
    for service in ["order-service", "payment-service", "notification-service"] {
        for row in evidence.tables.of(&format!("{service}/outbox")) {
            wrong.push(format!(
                "{service}: left in the outbox: {} {}",
                text(row, "topic"),
                text(row, "event_id")
            ));
        }
    }
    wrong
}

fn sequences(
    evidence: &Evidence,
    events: &[&Message],
    (topic, id, table, column): (&str, &str, &str, &str),
    wrong: &mut Vec<String>,
) {
    let mut published: BTreeMap<&str, Vec<i64>> = BTreeMap::new();
    // In the order of one topic and key, no later state may come before an earlier one.
    let mut last: BTreeMap<(&str, &str), i64> = BTreeMap::new();
    for event in events.iter().filter(|one| one.topic.starts_with(topic) && one.topic != UNNUMBERED) {
        let whose = text(&event.data, id);
        published.entry(whose).or_default().push(event.sequence());
        let before = last.insert((&event.topic, whose), event.sequence());
        if before.is_some_and(|before| before >= event.sequence()) {
            wrong.push(format!("{} {whose}: {} after {before:?}", event.topic, event.sequence()));
        }
    }
    for row in evidence.tables.of(table) {
        let mut told = published.remove(text(row, column)).unwrap_or_default();
        told.sort_unstable();
        let due: Vec<i64> = (1..=number(row, "sequence")).collect();
        if told != due {
            wrong.push(format!("{table} {}: published {told:?} of {due:?}", text(row, column)));
        }
    }
    for (id, told) in published {
        wrong.push(format!("{topic}* {id}: published {told:?}, and there is no row"));
    }
}

/// The newest event of each says what the row says.
fn contents(evidence: &Evidence, events: &[&Message], wrong: &mut Vec<String>) {
    let mut newest: BTreeMap<&str, &Message> = BTreeMap::new();
    for event in events.iter().filter(|one| one.topic != UNNUMBERED && !one.topic.starts_with("product.")) {
        let id = if event.topic.starts_with("payment.") { "paymentId" } else { "orderId" };
        let known = newest.entry(text(&event.data, id)).or_insert(event);
        if known.sequence() < event.sequence() {
            *known = event;
        }
    }
    let same: [(&str, &[(&str, &str)]); 2] = [
        (
            "payment-service/payments",
            &[
                ("status", "status"),
                ("amount", "amount"),
                ("amount_refunded", "amountRefunded"),
                ("currency", "currency"),
            ],
        ),
        ("order-service/orders", &[("status", "status"), ("amount", "amount"), ("currency", "currency")]),
    ];
    for (table, columns) in same {
        for row in evidence.tables.of(table) {
            let Some(event) = newest.get(text(row, "id")) else { continue };
            // A reopened order is not announced: it waits again.
            let reopened = text(row, "status") == "pending" && number(row, "generation") > 1;
            let differs = |(column, field): &&(&str, &str)| row[*column] != event.data[*field];
            if let Some((column, _)) = columns.iter().find(differs).filter(|_| !reopened) {
                wrong.push(format!("{column} of the newest event differs: {} {row}", event.data));
            }
        }
    }
}

fn histories(
    evidence: &Evidence,
    events: &[&Message],
    (service, topic): (&str, &str),
    wrong: &mut Vec<String>,
) {
    let table = if service == "payment-service" { "payment_history" } else { "order_history" };
    let rows = evidence.tables.of(&format!("{service}/{table}"));
    let noted: BTreeSet<&str> =
        rows.iter().filter(|row| row["event_id"] != Value::Null).map(|row| text(row, "event_id")).collect();
    let ours = events.iter().filter(|one| one.topic.starts_with(topic));
    let told: BTreeSet<&str> = ours.map(|one| one.event_id.as_str()).collect();
    wrong.extend(noted.difference(&told).map(|id| format!("{table}: event {id} never reached Kafka")));
    wrong.extend(told.difference(&noted).map(|id| format!("{topic}*: event {id} has no row in {table}")));
}
