//! Invariant 4: what was answered 2xx is in the database, and what became of it is told.

use std::collections::BTreeMap;

use super::super::evidence::{Evidence, text};

pub(super) fn check(evidence: &Evidence) -> Vec<String> {
    let stored: BTreeMap<&str, &str> = evidence
        .tables
        .of("payment-service/stripe_events")
        .iter()
        .map(|event| (text(event, "id"), text(event, "state")))
        .collect();
    let mut wrong = Vec::new();
    for event in &evidence.deliveries {
        let deliveries = event["deliveries"].as_array().map_or(&[][..], Vec::as_slice);
        let taken = deliveries.iter().any(|delivery| delivery["delivered"] == true);
        if taken && !stored.contains_key(text(event, "id")) {
            wrong.push(format!("answered 2xx, and not stored: {event}"));
        }
    }
    // Nothing of this shop is strange to it; what still waits is another invariant's.
    for (id, state) in stored {
        if !["processed", "ignored", "pending"].contains(&state) {
            wrong.push(format!("{id} is {state}"));
        }
    }
    wrong
}
