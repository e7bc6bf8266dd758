//! Brings what we know back in line with Stripe: webhooks that never came, payments left open, calls whose outcome is
//! not known; and, after a backup was put back, everything that happened since it was made.
//!
//! Every difference is settled by the same functions as always: events go through the webhook's own, answers through
//! `apply_facts`. One object that cannot be read is counted and told, and the run goes on.

mod calls;
mod events;
mod examine;
mod lost;
mod metrics;
mod money;
mod open;
mod progress;
mod report;
mod run;
mod slices;
mod unknown;

use time::{Duration, OffsetDateTime};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{App, UseCaseError};
use crate::store::reconcile_runs;

pub(crate) use crate::store::reconcile_runs::JOB;
pub(crate) use metrics::ReconcileMetrics;
pub(crate) use money::Books;
pub(crate) use progress::{Progress, Silent};
pub(crate) use report::{Done, Finding, Outcome, Report};

use run::Run;

/// How far back Stripe lists events.
pub(crate) const EVENTS_KEPT: Duration = Duration::days(30);
/// For how long Stripe goes on delivering an event.
const DELIVERED_WITHIN: Duration = Duration::days(3);

/// What a run is to do.
#[derive(Debug, Clone)]
pub(crate) struct Options {
    /// When the backup was made that is in place now; `None`: nothing was restored.
    pub(crate) since: Option<OffsetDateTime>,
    /// Change nothing, say what would be done.
    pub(crate) dry_run: bool,
    /// Which open payments are asked for.
    pub(crate) open: Open,
    /// [`JOB`] or `command`.
    pub(crate) origin: &'static str,
}

/// Which open payments are asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Open {
    /// Only those begun before; younger ones are watched by their customers.
    pub(crate) before: OffsetDateTime,
    /// Only those behind this id; where the round before has ended.
    pub(crate) after: Option<Uuid>,
    /// At most so many; `None`: all.
    pub(crate) at_most: Option<u64>,
}

/// How long until the job's next run is due, in whichever process the last one was.
///
/// # Errors
/// The database's.
pub(crate) async fn due_in(
    app: &App,
    interval: std::time::Duration,
) -> Result<std::time::Duration, UseCaseError> {
    let Some(last) = reconcile_runs::last_of_job(&app.db).await? else { return Ok(interval) };
    let passed = std::time::Duration::try_from(app.clock.now() - last).unwrap_or_default();
    Ok(interval.saturating_sub(passed))
}

/// One run, to its end or as far as it gets; what was done is in the report either way, and in the table of runs
/// unless it was a rehearsal.
///
/// # Errors
/// When the run cannot be noted.
pub(crate) async fn reconcile(
    app: &App,
    options: Options,
    progress: &dyn Progress,
    stop: &CancellationToken,
) -> Result<Report, UseCaseError> {
    let report = Run::new(app, options.clone(), progress, stop).go().await;
    if !options.dry_run {
        reconcile_runs::insert(&app.db, &report.row(options.origin)?).await?;
    }
    tracing::info!(
        origin = options.origin,
        outcome = report.outcome.as_str(),
        dry_run = report.dry_run,
        events_replayed = report.events.replayed,
        payments_asked = report.payments.asked,
        payments_differed = report.payments.differed,
        remaining = report.remaining,
        "reconciled with Stripe"
    );
    Ok(report)
}
