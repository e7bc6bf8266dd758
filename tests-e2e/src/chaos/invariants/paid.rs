//! Invariants 2 and 3: an order's money. One capture is kept, for an order that is paid; what is paid has one.

use std::collections::BTreeMap;

use serde_json::Value;

use super::super::evidence::{Evidence, number, text};

/// At most one unrefunded capture per order, money is kept for paid orders only, and what the shop itself gave back it
/// gave back once.
pub(super) fn captures(evidence: &Evidence) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut kept: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
    for intent in evidence.intents() {
        if number(intent, "captured") > number(intent, "refunded") {
            kept.entry(text(intent, "clientReferenceId")).or_default().push(intent);
        }
        once(intent, &mut wrong);
    }
    let orders = evidence.tables.of("order-service/orders");
    for (id, intents) in kept {
        if intents.len() > 1 {
            wrong.push(format!("order {id} has {} captures that are kept: {intents:?}", intents.len()));
        }
        let order = orders.iter().find(|order| text(order, "id") == id);
        match order {
            None => wrong.push(format!("money is kept for an order that is not there: {intents:?}")),
            Some(order) if text(order, "status") != "paid" => {
                wrong.push(format!("money is kept for an order that is not paid: {order} {intents:?}"));
            }
            Some(order) => {
                let by = payment_of(evidence, intents[0]).map(|payment| text(payment, "id"));
                if intents.len() == 1 && by != Some(text(order, "paid_by")) {
                    wrong.push(format!("kept is the money of {by:?}, the order is paid by another: {order}"));
                }
            }
        }
    }
    requests(evidence, &mut wrong);
    wrong
}

fn payment_of<'a>(evidence: &'a Evidence, intent: &Value) -> Option<&'a Value> {
    let mut payments = evidence.tables.of("payment-service/payments").iter();
    payments.find(|payment| payment["payment_intent_id"] == intent["id"])
}

/// Refunds that the shop asked for have a reason of its own; of each reason there is one.
fn once(intent: &Value, wrong: &mut Vec<String>) {
    let refunds = intent["refunds"].as_array().map_or(&[][..], Vec::as_slice);
    let whole = refunds.iter().filter(|refund| refund["amount"] == intent["captured"]).count();
    if whole > 1 {
        wrong.push(format!("given back {whole} times: {intent}"));
    }
}

/// Every refund that order-service asked for was made, and whole.
fn requests(evidence: &Evidence, wrong: &mut Vec<String>) {
    let theirs = evidence.tables.of("payment-service/refund_requests");
    for asked in evidence.tables.of("order-service/refund_requests") {
        let taken = theirs.iter().filter(|one| one["refund_request_id"] == asked["id"]).collect::<Vec<_>>();
        let payments = evidence.tables.of("payment-service/payments").iter();
        let payment = payments.clone().find(|payment| payment["id"] == asked["payment_id"]);
        let back =
            payment.is_some_and(|one| number(one, "amount_refunded") == number(one, "amount_received"));
        if taken.len() != 1 || !back {
            wrong.push(format!("asked back {asked}, taken up {taken:?}, now {payment:?}"));
        }
    }
}

/// Each paid order has a success at Stripe that matches it.
pub(super) fn successes(evidence: &Evidence) -> Vec<String> {
    let mut wrong = Vec::new();
    for order in evidence.tables.of("order-service/orders") {
        if text(order, "status") == "paid"
            && let Err(reason) = verified(evidence, order)
        {
            wrong.push(format!("{reason}: {order}"));
        }
    }
    wrong
}

fn verified(evidence: &Evidence, order: &Value) -> Result<(), String> {
    let mut payments = evidence.tables.of("payment-service/payments").iter();
    let payment = payments.find(|one| one["id"] == order["paid_by"]).ok_or("paid by nothing we know")?;
    let mut intents = evidence.intents().iter();
    let intent = intents
        .find(|intent| intent["id"] == payment["payment_intent_id"])
        .ok_or_else(|| format!("Stripe does not know its PaymentIntent {payment}"))?;
    let matches = [
        ("order", payment["purchase_id"] == order["id"] && intent["clientReferenceId"] == order["id"]),
        ("amount", payment["amount"] == order["amount"] && intent["captured"] == order["amount"]),
        ("currency", payment["currency"] == order["currency"] && intent["currency"] == order["currency"]),
        ("mode", payment["livemode"] == false),
        ("status", text(payment, "status") == "succeeded" && text(intent, "status") == "succeeded"),
        ("session", payment["session_id"] == intent["session"]),
    ];
    match matches.iter().find(|(_, fits)| !fits) {
        Some((what, _)) => Err(format!("its {what} does not fit: {payment} {intent}")),
        None => Ok(()),
    }
}
