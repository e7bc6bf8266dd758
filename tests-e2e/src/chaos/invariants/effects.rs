//! Invariant 6, as far as it shows without a replay: no event took effect twice.

use std::collections::BTreeMap;

use serde_json::Value;

use super::super::evidence::{Evidence, text};

pub(super) fn check(evidence: &Evidence) -> Vec<String> {
    let mut wrong = Vec::new();
    let tables = &evidence.tables;
    for (table, columns) in [
        ("payment-service/payment_history", &["event_id"][..]),
        ("order-service/order_history", &["event_id"]),
        ("order-service/inbox", &["consumer_group", "event_id"]),
        ("payment-service/inbox", &["consumer_group", "event_id"]),
        ("notification-service/inbox", &["consumer_group", "event_id"]),
        ("notification-service/notifications", &["kind", "subject"]),
        ("order-service/refund_requests", &["payment_id"]),
    ] {
        twice(tables.of(table).iter(), table, columns, &mut wrong);
    }
    let history = tables.of("order-service/order_history").iter();
    let advanced = history.clone().filter(|row| text(row, "action") == "payment_advanced");
    twice(advanced, "order_history payment_advanced", &["payment_id", "cause_event_id"], &mut wrong);
    let created = history.filter(|row| text(row, "action") == "created");
    twice(created, "order_history created", &["order_id"], &mut wrong);
    applied(evidence, &mut wrong);
    wrong
}

/// Rows that agree in `columns`, where none of these is null.
fn twice<'a>(rows: impl Iterator<Item = &'a Value>, table: &str, columns: &[&str], wrong: &mut Vec<String>) {
    let mut seen: BTreeMap<Vec<&str>, usize> = BTreeMap::new();
    for row in rows.filter(|row| columns.iter().all(|column| row[column] != Value::Null)) {
        *seen.entry(columns.iter().map(|column| text(row, column)).collect()).or_default() += 1;
    }
    let repeated = seen.into_iter().filter(|(_, count)| *count > 1);
    wrong.extend(repeated.map(|(key, count)| format!("{table}: {count} rows of {columns:?} {key:?}")));
}

/// What a consumer has committed it says once.
pub(super) fn applied(evidence: &Evidence, wrong: &mut Vec<String>) {
    let mut told: BTreeMap<(String, String), usize> = BTreeMap::new();
    for (_, log) in &evidence.logs {
        for line in log.lines().filter(|line| line.contains("\"message\":\"message applied\"")) {
            let Ok(line) = serde_json::from_str::<Value>(line) else { continue };
            let key = (text(&line, "group").to_owned(), text(&line, "event_id").to_owned());
            *told.entry(key).or_default() += 1;
        }
    }
    let repeated = told.into_iter().filter(|(_, count)| *count > 1);
    wrong.extend(
        repeated.map(|((group, event), count)| format!("{group} applied event {event} {count} times")),
    );
}
