//! Invariant 9: of every event that calls for a mail there is one, sent; each Message-ID is one mail's, and a second
//! copy is explained by a second try.

use std::collections::BTreeMap;

use serde_json::Value;

use super::super::evidence::{Evidence, Message, text};

pub(super) fn check(evidence: &Evidence) -> Vec<String> {
    let mut wrong = Vec::new();
    let rows = evidence.tables.of("notification-service/notifications");
    let mut copies: BTreeMap<&str, i64> = BTreeMap::new();
    for mail in &evidence.mails {
        *copies.entry(mail.message_id.as_str()).or_default() += 1;
    }
    for event in evidence.events() {
        let Some((kind, subject)) = due(event) else { continue };
        let found = rows.iter().find(|row| text(row, "kind") == kind && text(row, "subject") == subject);
        if found.is_none() {
            wrong.push(format!("{} calls for a mail {kind} {subject}, and there is none", event.event_id));
        }
    }
    for row in rows {
        let sent = copies.remove(text(row, "message_id")).unwrap_or_default();
        let tries = row["attempts"].as_i64().unwrap_or_default();
        let fine = match text(row, "state") {
            "sent" => sent == 1 || (sent > 1 && sent <= tries),
            // Older news, overtaken. It may have been on its way when it was.
            "skipped" => sent <= tries && overtaken(evidence, row),
            _ => false,
        };
        if !fine {
            wrong.push(format!("{sent} copies of {row}"));
        }
    }
    for (id, count) in copies {
        wrong.push(format!("{count} mails with the Message-ID {id}, which no notification has"));
    }
    wrong
}

/// The mail that an event calls for: kind and subject.
fn due(event: &Message) -> Option<(&'static str, &str)> {
    let kind = match event.topic.as_str() {
        "order.paid" => "order_confirmed",
        "order.cancelled" => "order_cancelled",
        "order.expired" => "order_expired",
        "payment.failed" => "payment_failed",
        "payment.refunded" if text(&event.data, "refundStatus") == "succeeded" => "payment_refunded",
        _ => return None,
    };
    let id = match kind {
        "payment_failed" => "paymentId",
        "payment_refunded" => "refundId",
        _ => "orderId",
    };
    Some((kind, text(&event.data, id)))
}

/// Whether a mail about a decline or an unpaid end was outdated by a payment.
fn overtaken(evidence: &Evidence, row: &Value) -> bool {
    let known_reason = text(row, "last_error") == "paid_meanwhile";
    let paid = evidence.tables.of("notification-service/settled_purchases").iter();
    let order = text(row, "order_id");
    known_reason && paid.clone().any(|one| text(one, "purchase_id") == order)
}
