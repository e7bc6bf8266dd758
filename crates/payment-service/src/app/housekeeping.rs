//! Forgets what only mattered for a while.

use service_kit::idempotency;
use time::Duration;

use super::{App, UseCaseError};
use crate::store::{reconcile_runs, stripe_events, stripe_requests};

/// Longer than the 30 days for which Stripe sends events again and lists them: what is forgotten never comes again.
const KEPT: Duration = Duration::days(35);
/// Rows per statement, so that none holds locks for long.
const ROWS: u64 = 1_000;

/// Deletes old idempotency keys, and events, calls and runs that came to their end long ago. What somebody has to look
/// at, or what is not at its end, stays. Whether there may be more.
///
/// # Errors
/// The database's.
pub(crate) async fn housekeeping(app: &App) -> Result<bool, UseCaseError> {
    let before = app.clock.now() - KEPT;
    let keys = idempotency::purge(&app.db, app.clock.as_ref()).await?;
    let events = stripe_events::purge(&app.db, before, ROWS).await?;
    let calls = stripe_requests::purge(&app.db, before, ROWS).await?;
    let runs = reconcile_runs::purge(&app.db, before, ROWS).await?;
    if keys + events + calls + runs > 0 {
        tracing::info!(keys, events, calls, runs, "forgot what is over");
    }
    Ok([events, calls, runs].contains(&ROWS))
}
