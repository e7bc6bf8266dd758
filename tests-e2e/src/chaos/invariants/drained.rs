//! Invariant 8, the part about dead letters: rows, metric and topic tell the same number, and here it is none. That
//! everything else drains is waited for before.

use super::super::evidence::{Evidence, text};

pub(super) fn check(evidence: &Evidence) -> Vec<String> {
    let mut wrong = Vec::new();
    for service in ["order-service", "payment-service", "notification-service"] {
        let rows = evidence.tables.of(&format!("{service}/dead_letters"));
        let topic = format!("{service}.dlq");
        let published = evidence.messages.iter().filter(|one| one.topic == topic).count();
        let measured = evidence.dead_letters_measured.get(service).copied();
        let counts = (i64::try_from(rows.len()).ok(), i64::try_from(published).ok(), measured);
        if counts != (Some(0), Some(0), Some(0)) {
            wrong.push(format!("{service}: dead letters as rows, on the topic, measured: {counts:?}"));
        }
        for row in rows {
            wrong.push(format!(
                "{service}: {} {}: {}",
                text(row, "topic"),
                text(row, "event_id"),
                text(row, "error")
            ));
        }
    }
    wrong
}
