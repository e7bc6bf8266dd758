//! What runs beside requests and consumers: webhooks that wait, calls to Stripe whose outcome is not known, closed
//! purchases whose Session is not ended; and, from time to time, a look at all of Stripe's books.

mod reconcile;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use tokio::sync::Notify;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::app::{App, UseCaseError, housekeeping, resolve_unknown, sweep_closed, sweep_events};
use reconcile::reconcile_regularly;

/// Runs all workers until `shutdown`. A row that was begun is brought to its end, no other is begun.
pub(crate) async fn run(app: Arc<App>, shutdown: CancellationToken) {
    tokio::join!(
        repeat(&app, Job::Events, &shutdown),
        repeat(&app, Job::Requests, &shutdown),
        repeat(&app, Job::Closed, &shutdown),
        forget(&app, &shutdown),
        reconcile_regularly(&app, app.policy.reconcile_interval, &shutdown),
    );
}

#[derive(Debug, Clone, Copy)]
enum Job {
    Events,
    Requests,
    Closed,
}

impl Job {
    /// One round. Whether there may be more to do.
    async fn run(self, app: &App, shutdown: &CancellationToken) -> Result<bool, UseCaseError> {
        match self {
            Self::Events => sweep_events(app, shutdown).await,
            Self::Requests => resolve_unknown(app, shutdown).await,
            Self::Closed => sweep_closed(app, shutdown).await,
        }
    }

    const fn wake(self, app: &App) -> &Notify {
        match self {
            Self::Events => &app.work.events,
            Self::Requests => &app.work.requests,
            Self::Closed => &app.work.closed,
        }
    }
}

/// Works whenever woken, and every interval for what is due by time or was left behind.
async fn repeat(app: &App, job: Job, shutdown: &CancellationToken) {
    while !shutdown.is_cancelled() {
        // The other workers and the service go on, whatever happens in one.
        match AssertUnwindSafe(job.run(app, shutdown)).catch_unwind().await {
            Ok(Ok(true)) => continue,
            Ok(Ok(false)) => {}
            Err(_) => {
                app.metrics.alarm("worker_panicked");
                tracing::error!(?job, "a worker panicked in its round");
            }
            Ok(Err(error)) => {
                let error = anyhow::Error::new(error);
                tracing::error!(?job, error = format!("{error:#}"), "a worker could not do its round");
            }
        }
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = job.wake(app).notified() => {}
            () = sleep(app.policy.worker_interval) => {}
        }
    }
}

/// How often it is looked for what may be forgotten.
const FORGET_EVERY: Duration = Duration::from_secs(3600);

/// Forgets what is over, batch by batch.
async fn forget(app: &App, shutdown: &CancellationToken) {
    let mut pause = Duration::ZERO;
    while shutdown.run_until_cancelled(sleep(pause)).await.is_some() {
        pause = match housekeeping(app).await {
            Ok(true) => Duration::ZERO,
            Ok(false) => FORGET_EVERY,
            Err(error) => {
                let error = anyhow::Error::new(error);
                tracing::warn!(error = format!("{error:#}"), "what is over could not be forgotten");
                FORGET_EVERY
            }
        };
    }
}
