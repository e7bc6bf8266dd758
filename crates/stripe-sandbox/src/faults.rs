//! Fault switches: what is done wrong on purpose, to deliveries and to API answers.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

use crate::calls::matches;

/// All switches; the default is none. This is the body of `PUT /_sandbox/faults`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct Switches {
    deliveries: Deliveries,
    /// Every answer of Stripe's API is held back so long, after its effect was done.
    latency_ms: u64,
    /// The answers of these calls are held back, after their effect was done, for as long as the switch is on.
    held: Vec<Calls>,
    errors: Vec<ErrorSwitch>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Calls {
    /// `POST`, …; absent or `*`: any.
    #[serde(default)]
    method: Option<String>,
    /// `*` stands for anything.
    path: String,
}

impl Calls {
    fn are(&self, method: &str, path: &str) -> bool {
        let any =
            self.method.as_ref().is_none_or(|wanted| wanted == "*" || wanted.eq_ignore_ascii_case(method));
        any && matches(&self.path, path)
    }
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct Deliveries {
    /// Each delivery is sent so many times more, at once.
    duplicate: u32,
    /// Deliveries are held for a moment and sent in another order.
    reorder: bool,
    /// Each delivery starts so much later.
    delay_ms: u64,
    drop: Drop,
}

/// How many of the next deliveries are never sent, nor retried: a number, or `"all"` (also -1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "serde_json::Value", into = "serde_json::Value")]
enum Drop {
    Next(u64),
    All,
}

impl Default for Drop {
    fn default() -> Self {
        Self::Next(0)
    }
}

impl TryFrom<serde_json::Value> for Drop {
    type Error = &'static str;

    fn try_from(value: serde_json::Value) -> Result<Self, Self::Error> {
        match (value.as_u64(), value.as_i64(), value.as_str()) {
            (Some(count), ..) => Ok(Self::Next(count)),
            (_, Some(-1), _) | (.., Some("all")) => Ok(Self::All),
            _ => Err("drop: a number, -1 or \"all\""),
        }
    }
}

impl From<Drop> for serde_json::Value {
    fn from(drop: Drop) -> Self {
        match drop {
            Drop::Next(count) => Self::from(count),
            Drop::All => Self::from("all"),
        }
    }
}

/// Whether a fault strikes instead of the effect or after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum When {
    Before,
    After,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ErrorSwitch {
    /// `POST`, …; absent or `*`: any.
    #[serde(default)]
    method: Option<String>,
    /// `*` stands for anything.
    path: String,
    status: u16,
    when: When,
    /// How often; absent: once; -1: until switched off.
    #[serde(default = "once")]
    times: i64,
}

fn once() -> i64 {
    1
}

/// What is to be done wrong with a delivery.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) drop: bool,
    pub(crate) duplicates: u32,
    pub(crate) reorder: bool,
    pub(crate) delay: Duration,
}

/// The switches as they are.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    switches: Mutex<Switches>,
    changed: Notify,
}

impl Faults {
    fn lock(&self) -> MutexGuard<'_, Switches> {
        self.switches.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The switches with what is left of their counts.
    pub(crate) fn get(&self) -> Switches {
        self.lock().clone()
    }

    /// Replaces all switches.
    pub(crate) fn set(&self, switches: Switches) -> Result<(), String> {
        if let Some(wrong) = switches.errors.iter().find(|error| !(400..=599).contains(&error.status)) {
            return Err(format!("errors: {} is no error's status", wrong.status));
        }
        *self.lock() = switches;
        self.changed.notify_waiters();
        Ok(())
    }

    pub(crate) fn latency(&self) -> Duration {
        Duration::from_millis(self.lock().latency_ms)
    }

    /// Waits for as long as the answer of this call is held back.
    pub(crate) async fn held(&self, method: &str, path: &str) {
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            if !self.lock().held.iter().any(|calls| calls.are(method, path)) {
                return;
            }
            changed.await;
        }
    }

    /// The plan of the next delivery; counts a drop.
    pub(crate) fn delivery(&self) -> Plan {
        let mut switches = self.lock();
        let deliveries = &mut switches.deliveries;
        let drop = match &mut deliveries.drop {
            Drop::All => true,
            Drop::Next(0) => false,
            Drop::Next(count) => {
                *count -= 1;
                true
            }
        };
        Plan {
            drop,
            duplicates: deliveries.duplicate,
            reorder: deliveries.reorder,
            delay: Duration::from_millis(deliveries.delay_ms),
        }
    }

    /// The status of the first error that strikes this call at this point; counts it.
    pub(crate) fn strike(
        &self,
        method: &str,
        path: &str,
        when: When,
        eligible: impl Fn(u16) -> bool,
    ) -> Option<u16> {
        let mut switches = self.lock();
        let error = switches.errors.iter_mut().find(|error| {
            error.when == when
                && error.times != 0
                && eligible(error.status)
                && error
                    .method
                    .as_ref()
                    .is_none_or(|wanted| wanted == "*" || wanted.eq_ignore_ascii_case(method))
                && matches(&error.path, path)
        })?;
        error.times = error.times.saturating_sub(1).max(-1);
        Some(error.status)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(json: &str) -> Faults {
        let faults = Faults::default();
        faults.set(serde_json::from_str(json).unwrap()).unwrap();
        faults
    }

    #[test]
    fn errors_strike_as_often_as_told() {
        let faults =
            faults(r#"{"errors":[{"method":"post","path":"/v1/*","status":500,"when":"after","times":2}]}"#);
        let strike = |when| faults.strike("POST", "/v1/refunds", when, |_| true);
        assert_eq!(strike(When::Before), None);
        assert_eq!(strike(When::After), Some(500));
        assert_eq!(strike(When::After), Some(500));
        assert_eq!(strike(When::After), None);
    }

    #[test]
    fn endless_errors_do_not_end() {
        let faults = faults(r#"{"errors":[{"path":"*","status":429,"when":"before","times":-1}]}"#);
        assert!((0..5).all(|_| faults.strike("GET", "/v1/events", When::Before, |_| true) == Some(429)));
    }

    #[test]
    fn drops_are_counted_or_endless() {
        let two = faults(r#"{"deliveries":{"drop":2}}"#);
        assert_eq!([0; 3].map(|_| two.delivery().drop), [true, true, false]);
        for all in [r#"{"deliveries":{"drop":-1}}"#, r#"{"deliveries":{"drop":"all"}}"#] {
            let all = faults(all);
            assert_eq!([0; 3].map(|_| all.delivery().drop), [true; 3]);
        }
    }
}
