//! The ten invariants, each told of the evidence alone. What is broken comes with its number and the rows concerned.

mod drained;
mod effects;
mod events;
mod mails;
mod money;
mod paid;
mod ranks;
mod secrets;
#[cfg(test)]
mod sound;
mod stock;
#[cfg(test)]
mod tests;
mod webhooks;

use std::fmt;

use super::evidence::Evidence;

/// How many rows of one invariant are told.
const TOLD: usize = 12;

/// An invariant that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    pub number: u8,
    pub what: String,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "invariant {}: {}", self.number, self.what)
    }
}

/// Their short names, by number.
pub const NAMES: [&str; 10] = [
    "Stripe's books equal the ledger",
    "at most one unrefunded capture per order",
    "paid means a verified success",
    "every webhook answered 2xx is stored",
    "state and events agree, and every event reached Kafka",
    "each event has at most one effect, and a replay changes nothing",
    "no status loses rank, and all agree",
    "everything drains, dead letters are counted",
    "each mail is sent, copies carry its Message-ID",
    "nobody reads another's order, no secret in a log",
];

/// What of an invariant does not hold.
type Check = fn(&Evidence) -> Vec<String>;

/// All that can be told by looking.
pub fn all(evidence: &Evidence) -> Vec<Broken> {
    let checks: [(u8, Check); 11] = [
        (1, money::check),
        (2, paid::captures),
        (3, paid::successes),
        (4, webhooks::check),
        (5, events::check),
        (6, effects::check),
        (7, ranks::check),
        (7, stock::check),
        (8, drained::check),
        (9, mails::check),
        (10, secrets::check),
    ];
    checks.into_iter().flat_map(|(number, check)| broken(number, check(evidence))).collect()
}

/// Events that a consumer says it applied more than once.
pub fn applied_twice(evidence: &Evidence) -> Vec<String> {
    let mut wrong = Vec::new();
    effects::applied(evidence, &mut wrong);
    wrong
}

/// The first dozen of `found`, and how many more.
pub fn broken(number: u8, mut found: Vec<String>) -> Vec<Broken> {
    let more = found.len().saturating_sub(TOLD);
    found.truncate(TOLD);
    if more > 0 {
        found.push(format!("and {more} more of the kind"));
    }
    found.into_iter().map(|what| Broken { number, what }).collect()
}
