//! What operators watch: mails sent, refused and given up by kind, and what waits.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use opentelemetry::metrics::{Counter, Meter, ObservableGauge};
use opentelemetry::{KeyValue, global};
use time::OffsetDateTime;

use crate::domain::Kind;

/// The service's instruments. Cloning shares them.
#[derive(Clone)]
pub(crate) struct Metrics {
    sent: Counter<u64>,
    refused: Counter<u64>,
    given_up: Counter<u64>,
    backlog: Arc<Backlog>,
    _gauges: [ObservableGauge<i64>; 2],
}

#[derive(Debug, Default)]
struct Backlog {
    pending: AtomicI64,
    oldest_seconds: AtomicI64,
}

impl Metrics {
    /// From the process's meter provider.
    pub(crate) fn new() -> Self {
        let meter = global::meter("notification-service");
        let backlog = Arc::new(Backlog::default());
        let pending = observed(&meter, "notifications_pending", &backlog, |backlog| &backlog.pending);
        let oldest = observed(&meter, "notifications_oldest_pending_seconds", &backlog, |backlog| {
            &backlog.oldest_seconds
        });
        Self {
            sent: meter.u64_counter("notifications_sent").build(),
            refused: meter.u64_counter("notifications_refused").build(),
            given_up: meter.u64_counter("notifications_given_up").build(),
            backlog,
            _gauges: [pending, oldest],
        }
    }

    /// A mail was accepted.
    pub(crate) fn sent(&self, kind: Kind) {
        self.sent.add(1, &[label(kind.name())]);
    }

    /// A try failed and another will follow.
    pub(crate) fn refused(&self, kind: &'static str) {
        self.refused.add(1, &[label(kind)]);
    }

    /// A mail will not be tried again.
    pub(crate) fn given_up(&self, kind: &'static str) {
        self.given_up.add(1, &[label(kind)]);
    }

    /// What waits to be sent.
    pub(crate) fn waiting(&self, pending: u64, oldest: Option<OffsetDateTime>, now: OffsetDateTime) {
        let age = oldest.map_or(0, |oldest| (now - oldest).whole_seconds().max(0));
        self.backlog.pending.store(i64::try_from(pending).unwrap_or(i64::MAX), Ordering::Relaxed);
        self.backlog.oldest_seconds.store(age, Ordering::Relaxed);
    }
}

fn label(kind: &'static str) -> KeyValue {
    KeyValue::new("kind", kind)
}

fn observed(
    meter: &Meter,
    name: &'static str,
    backlog: &Arc<Backlog>,
    value: fn(&Backlog) -> &AtomicI64,
) -> ObservableGauge<i64> {
    let backlog = Arc::clone(backlog);
    meter
        .i64_observable_gauge(name)
        .with_callback(move |observer| observer.observe(value(&backlog).load(Ordering::Relaxed), &[]))
        .build()
}
