//! Reconciles with Stripe from time to time, in one process at a time.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures::FutureExt;
use messaging::Lease;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::app::App;
use crate::app::reconcile::{JOB, Open, Options, Outcome, ReconcileMetrics, Silent, due_in, reconcile};

/// The lease's name.
const LEASE: &str = "payment-reconcile";
/// The most open payments that a run asks about: at Stripe's slowest limit a small part of a minute, and the next
/// run goes on behind them.
const AT_MOST: u64 = 500;
/// How soon it is tried again when the database could not be asked.
const PAUSE: Duration = Duration::from_secs(10);

/// Reconciles every `interval` until `shutdown`. The first time, the interval counts from the last run of whichever
/// process, or from the start.
pub(super) async fn reconcile_regularly(app: &App, interval: Duration, shutdown: &CancellationToken) {
    let lease = Lease::new(&app.db, LEASE);
    let mut job = Job { app, interval, metrics: ReconcileMetrics::new(), next_open: None };
    while let Some(held) = lease.acquire(shutdown).await {
        let lost = held.lost().clone();
        tokio::select! {
            () = job.repeat(&lost, shutdown) => {}
            () = lost.cancelled() => {}
        }
        held.release().await;
    }
}

struct Job<'a> {
    app: &'a App,
    interval: Duration,
    metrics: ReconcileMetrics,
    next_open: Option<Uuid>,
}

impl Job<'_> {
    async fn repeat(&mut self, lost: &CancellationToken, shutdown: &CancellationToken) {
        let mut pause = match due_in(self.app, self.interval).await {
            Ok(pause) => pause,
            Err(error) => {
                tracing::warn!(error = format!("{error:#}"), "the last reconciliation is not known");
                PAUSE
            }
        };
        while shutdown.run_until_cancelled(sleep(pause)).await.is_some() && !lost.is_cancelled() {
            // Whatever happens in a run, the next one comes.
            if AssertUnwindSafe(self.run(shutdown)).catch_unwind().await.is_err() {
                self.app.metrics.alarm("worker_panicked");
                tracing::error!("reconciling panicked");
            }
            pause = self.interval;
        }
    }

    async fn run(&mut self, shutdown: &CancellationToken) {
        let open = Open {
            before: self.app.clock.now() - self.interval,
            after: self.next_open,
            at_most: Some(AT_MOST),
        };
        let options = Options { since: None, dry_run: false, open, origin: JOB };
        match reconcile(self.app, options, &Silent, shutdown).await {
            Ok(report) => {
                self.metrics.ran(&report);
                self.next_open = report.next_open;
                if report.outcome == Outcome::Remaining {
                    self.app.metrics.alarm("unreconciled");
                    tracing::error!(
                        remaining = report.remaining,
                        "Stripe and we disagree on something that cannot be settled: see `payment-service reconcile`"
                    );
                }
            }
            Err(error) => {
                self.metrics.failed();
                let error = anyhow::Error::new(error);
                tracing::error!(error = format!("{error:#}"), "reconciling failed");
            }
        }
    }
}
