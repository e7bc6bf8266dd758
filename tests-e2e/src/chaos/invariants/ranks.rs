//! Invariant 7: a status never loses rank, and what the services and Stripe know of a purchase agrees.

use std::collections::BTreeMap;

use serde_json::Value;

use super::super::evidence::{Evidence, number, text};

/// A payment's statuses by rank.
const RANKS: [&str; 7] = ["created", "open", "processing", "expired", "cancelled", "failed", "succeeded"];
/// What may become of an order. An ended one can be tried again, or be paid late.
const STEPS: [(&str, &str); 6] = [
    ("pending", "paid"),
    ("pending", "cancelled"),
    ("pending", "expired"),
    ("expired", "pending"),
    ("expired", "paid"),
    ("cancelled", "paid"),
];

pub(super) fn check(evidence: &Evidence) -> Vec<String> {
    let mut wrong = Vec::new();
    payments(evidence, &mut wrong);
    orders(evidence, &mut wrong);
    copies(evidence, &mut wrong);
    wrong
}

fn by_id(rows: &[Value]) -> Vec<&Value> {
    let mut rows: Vec<&Value> = rows.iter().collect();
    rows.sort_by_key(|row| number(row, "id"));
    rows
}

fn rank(status: &str) -> Option<usize> {
    RANKS.iter().position(|known| *known == status)
}

fn payments(evidence: &Evidence, wrong: &mut Vec<String>) {
    let mut now: BTreeMap<&str, &str> = BTreeMap::new();
    for row in by_id(evidence.tables.of("payment-service/payment_history")) {
        let (from, to) = (text(row, "from_status"), text(row, "to_status"));
        let before = now.insert(text(row, "payment_id"), to);
        if rank(to) < rank(from)
            || rank(to).is_none()
            || before.is_some_and(|before| rank(from) < rank(before))
        {
            wrong.push(format!("a payment lost rank, it was {before:?}: {row}"));
        }
    }
    for payment in evidence.tables.of("payment-service/payments") {
        let last = now.get(text(payment, "id"));
        if last.is_some_and(|last| *last != text(payment, "status")) {
            wrong.push(format!("its history ends with {last:?}: {payment}"));
        }
    }
}

fn orders(evidence: &Evidence, wrong: &mut Vec<String>) {
    let mut now: BTreeMap<&str, &str> = BTreeMap::new();
    for row in by_id(evidence.tables.of("order-service/order_history")) {
        let (from, to) = (text(row, "from_status"), text(row, "to_status"));
        let before = now.insert(text(row, "order_id"), to).unwrap_or("pending");
        let from = if from.is_empty() { before } else { from };
        if from != before || (from != to && !STEPS.contains(&(from, to))) {
            wrong.push(format!("an order cannot go from {before} to {to}: {row}"));
        }
    }
    for order in evidence.tables.of("order-service/orders") {
        let last = now.get(text(order, "id"));
        if last.is_some_and(|last| *last != text(order, "status")) {
            wrong.push(format!("its history ends with {last:?}: {order}"));
        }
        let payments = evidence.tables.of("order-service/order_payments").iter();
        let payments: Vec<&Value> = payments.filter(|one| one["order_id"] == order["id"]).collect();
        let shown = shown(&payments);
        if shown != text(order, "payment_status") {
            wrong.push(format!("its payments show {shown}: {order} {payments:?}"));
        }
        let kept = payments.iter().any(|one| {
            text(one, "status") == "succeeded" && number(one, "amount") > number(one, "amount_refunded")
        });
        if kept && text(order, "status") != "paid" {
            wrong.push(format!("its money was taken, and it is not paid: {order} {payments:?}"));
        }
    }
}

/// The design's table, told once more and otherwise: what an order's payments show.
fn shown(payments: &[&Value]) -> &'static str {
    let kept = |one: &&&Value| number(one, "amount") - number(one, "amount_refunded");
    let succeeded: Vec<&&Value> = payments.iter().filter(|one| text(one, "status") == "succeeded").collect();
    if let Some(best) = succeeded.iter().map(|one| (kept(one), number(one, "amount"))).max() {
        return match best {
            (kept, amount) if kept == amount => "succeeded",
            (0, _) => "refunded",
            _ => "partially_refunded",
        };
    }
    if payments.iter().any(|one| text(one, "status") == "processing") {
        return "processing";
    }
    let newest = payments.iter().max_by_key(|one| number(one, "attempt"));
    newest.map_or("pending", |one| match text(one, "status") {
        "expired" => "expired",
        "cancelled" => "cancelled",
        "failed" => "failed",
        _ if number(one, "declines") > 0 => "failed",
        _ => "pending",
    })
}

/// order-service knows of each payment what payment-service has published.
fn copies(evidence: &Evidence, wrong: &mut Vec<String>) {
    let copies = evidence.tables.of("order-service/order_payments");
    for payment in evidence.tables.of("payment-service/payments") {
        // Nobody has heard of one that was never opened.
        if number(payment, "sequence") == 0 {
            continue;
        }
        let same = ["sequence", "status", "amount", "amount_refunded", "currency", "session_id"];
        match copies.iter().find(|copy| copy["payment_id"] == payment["id"]) {
            None => wrong.push(format!("order-service has not heard of {payment}")),
            Some(copy) => {
                if let Some(column) = same.into_iter().find(|column| copy[column] != payment[column]) {
                    wrong.push(format!("{column} differs: payment-service {payment}, order-service {copy}"));
                }
            }
        }
        let stripes = evidence.intents().iter().find(|intent| intent["id"] == payment["payment_intent_id"]);
        let captured = stripes.is_some_and(|intent| number(intent, "captured") > 0);
        if captured != (text(payment, "status") == "succeeded") {
            wrong.push(format!("Stripe: {stripes:?}, and here {payment}"));
        }
    }
}
