//! What operators see of the background job.

use std::collections::BTreeSet;

use opentelemetry::metrics::{Counter, Gauge};
use opentelemetry::{KeyValue, global};

use super::{Outcome, Report};

/// The job's instruments.
#[derive(Debug)]
pub(crate) struct ReconcileMetrics {
    runs: Counter<u64>,
    last_success: Gauge<i64>,
    unreconciled: Gauge<i64>,
    /// A currency that is in order again has to be told as such.
    currencies: BTreeSet<String>,
}

impl ReconcileMetrics {
    /// Instruments of the process's meter.
    pub(crate) fn new() -> Self {
        let meter = global::meter("payment-service");
        Self {
            runs: meter
                .u64_counter("reconcile_runs")
                .with_description("Runs of the reconciling job by how they ended")
                .build(),
            last_success: meter
                .i64_gauge("reconcile_last_success_seconds")
                .with_description("When a run last ended with everything reconciled, in Unix time")
                .build(),
            unreconciled: meter
                .i64_gauge("reconcile_unreconciled_amount")
                .with_description("Minor units by which Stripe and we are apart, payment by payment")
                .build(),
            currencies: BTreeSet::new(),
        }
    }

    /// A run could not even be noted: the database is away.
    pub(crate) fn failed(&self) {
        self.runs.add(1, &[KeyValue::new("outcome", Outcome::CutShort.as_str())]);
    }

    /// A run has ended.
    pub(crate) fn ran(&mut self, report: &Report) {
        self.runs.add(1, &[KeyValue::new("outcome", report.outcome.as_str())]);
        if report.outcome == Outcome::Reconciled {
            self.last_success.record(report.finished_at.unix_timestamp(), &[]);
        }
        for currency in &self.currencies {
            self.unreconciled.record(0, &[KeyValue::new("currency", currency.clone())]);
        }
        for (currency, amount) in report.money.unreconciled() {
            self.currencies.insert(currency.to_owned());
            self.unreconciled.record(amount, &[KeyValue::new("currency", currency.to_owned())]);
        }
    }
}
