//! Invariant 1: what Stripe captured and gave back is what both our ledgers say, per payment and per currency.

use std::collections::BTreeMap;

use serde_json::Value;

use super::super::evidence::{Evidence, number, text};

pub(super) fn check(evidence: &Evidence) -> Vec<String> {
    let mut wrong = Vec::new();
    let payments = evidence.tables.of("payment-service/payments");
    let mut sums: BTreeMap<String, (i64, i64)> = BTreeMap::new();
    for payment in payments {
        let sum = sums.entry(text(payment, "currency").to_owned()).or_default();
        sum.0 += number(payment, "amount_received");
        sum.1 += number(payment, "amount_refunded");
        if number(payment, "amount_refunded") > number(payment, "amount_received") {
            wrong.push(format!("more is given back than was captured: {payment}"));
        }
        refunds_add_up(evidence, payment, &mut wrong);
    }
    for (currency, total) in evidence.books["totals"].as_object().into_iter().flatten() {
        let stripes = (number(total, "captured"), number(total, "refunded"));
        let ours = sums.remove(currency).unwrap_or_default();
        if stripes != ours {
            wrong.push(format!("{currency} (captured, refunded): Stripe {stripes:?}, ledger {ours:?}"));
        }
    }
    for (currency, ours) in sums.into_iter().filter(|(_, sum)| *sum != (0, 0)) {
        wrong.push(format!("{currency} (captured, refunded): Stripe has none, ledger {ours:?}"));
    }
    for intent in evidence.intents() {
        each(evidence, intent, payments, &mut wrong);
    }
    wrong
}

/// The refunds of a payment are the sum it says.
fn refunds_add_up(evidence: &Evidence, payment: &Value, wrong: &mut Vec<String>) {
    let refunds = evidence.tables.of("payment-service/refunds").iter();
    let counted = refunds.filter(|refund| refund["payment_id"] == payment["id"]);
    let sum: i64 = counted
        .filter(|refund| !["failed", "canceled"].contains(&text(refund, "status")))
        .map(|refund| number(refund, "amount"))
        .sum();
    if sum != number(payment, "amount_refunded") {
        wrong.push(format!("its refunds are {sum} in all: {payment}"));
    }
}

/// One PaymentIntent, in both our ledgers.
fn each(evidence: &Evidence, intent: &Value, payments: &[Value], wrong: &mut Vec<String>) {
    let (captured, refunded) = (number(intent, "captured"), number(intent, "refunded"));
    if refunded > captured {
        wrong.push(format!("Stripe gave back more than it took: {intent}"));
    }
    let known = payments.iter().find(|payment| payment["payment_intent_id"] == intent["id"]);
    let Some(payment) = known else {
        if captured != 0 {
            wrong.push(format!("Stripe took money that the ledger does not know: {intent}"));
        }
        return;
    };
    let ours = (number(payment, "amount_received"), number(payment, "amount_refunded"));
    if ours != (captured, refunded) {
        wrong.push(format!("Stripe ({captured}, {refunded}), ledger {ours:?}: {intent} {payment}"));
    }
    let orders = evidence.tables.of("order-service/order_payments").iter();
    match orders.clone().find(|one| one["payment_id"] == payment["id"]) {
        Some(row) => {
            let taken = if text(row, "status") == "succeeded" { number(row, "amount") } else { 0 };
            if (taken, number(row, "amount_refunded")) != (captured, refunded) {
                wrong.push(format!("Stripe ({captured}, {refunded}), order-service {row}"));
            }
        }
        None if captured != 0 => wrong.push(format!("order-service does not know the payment: {payment}")),
        None => {}
    }
}
