//! What operators see beyond the logs.

use opentelemetry::metrics::Counter;
use opentelemetry::{KeyValue, global};

/// The service's instruments.
#[derive(Debug, Clone)]
pub(crate) struct Metrics {
    events: Counter<u64>,
    alarms: Counter<u64>,
    payments: Counter<u64>,
}

impl Metrics {
    /// Instruments of the process's meter.
    pub(crate) fn new() -> Self {
        let meter = global::meter("payment-service");
        Self {
            events: meter
                .u64_counter("stripe_events")
                .with_description("Webhooks by type and by what became of them")
                .build(),
            alarms: meter
                .u64_counter("payment_alarms")
                .with_description("What somebody has to look at")
                .build(),
            payments: meter
                .u64_counter("payment_changes")
                .with_description("Published snapshots by what changed")
                .build(),
        }
    }

    /// A webhook was stored or settled as `state`.
    pub(crate) fn event(&self, kind: &str, state: &'static str) {
        self.events.add(1, &[KeyValue::new("type", kind.to_owned()), KeyValue::new("state", state)]);
    }

    /// Somebody has to look; `reason` is one of few fixed words.
    pub(crate) fn alarm(&self, reason: &'static str) {
        self.alarms.add(1, &[KeyValue::new("reason", reason)]);
    }

    /// A snapshot was published.
    pub(crate) fn change(&self, change: &'static str) {
        self.payments.add(1, &[KeyValue::new("change", change)]);
    }
}
