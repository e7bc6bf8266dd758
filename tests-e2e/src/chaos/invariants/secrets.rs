//! Invariant 10, the part about logs: no address, key, token, card or body in any process's log.

use std::collections::BTreeMap;

use super::super::evidence::{Evidence, text};
use crate::world::{CSRF_KEY, JWT_SECRET, KEY, ORDER_TOKEN_KEY, SERVICE_TOKEN, cards};

pub(super) fn check(evidence: &Evidence) -> Vec<String> {
    let mut wrong = Vec::new();
    let own = own(evidence);
    for (process, log) in &evidence.logs {
        for (what, secret) in ALWAYS {
            if let Some(line) = log.lines().find(|line| line.contains(secret)) {
                wrong.push(format!("{process} logs {what}: {line}"));
            }
        }
        for line in log.lines() {
            let words = line.split(|c: char| !c.is_ascii_alphanumeric() && !"-_.@+/=".contains(c));
            if let Some(what) = words.filter_map(|word| own.get(word)).next() {
                wrong.push(format!("{process} logs {what}: {line}"));
            }
        }
    }
    wrong
}

/// The same in every run.
pub(super) const ALWAYS: [(&str, &str); 14] = [
    ("the JWT key", JWT_SECRET),
    ("the CSRF key", CSRF_KEY),
    ("the key of order tokens", ORDER_TOKEN_KEY),
    ("the service token", SERVICE_TOKEN),
    ("Stripe's key", KEY),
    ("a webhook's secret", "whsec_"),
    ("a signature", "v1="),
    ("a card", cards::PAYS),
    ("a card", cards::DECLINED),
    ("a card", cards::NO_FUNDS),
    // Any of these is part of a body.
    ("an address", "12 St James"),
    ("a body", "shippingAddress"),
    ("a body", "payment_method_details"),
    ("a database's password", "tender:tender@"),
];

/// What the customers of this run have to themselves, as words of a line.
fn own(evidence: &Evidence) -> BTreeMap<&str, &'static str> {
    let mut own = BTreeMap::new();
    for customer in &evidence.customers {
        own.insert(customer.email.as_str(), "a mail address");
        own.extend(customer.jwt.as_deref().map(|jwt| (jwt, "a login")));
        own.extend(customer.order_token.as_deref().map(|token| (token, "an order's token")));
    }
    for payment in evidence.tables.of("payment-service/payments") {
        own.insert(text(payment, "client_secret"), "a client secret");
    }
    own.remove("");
    own
}
