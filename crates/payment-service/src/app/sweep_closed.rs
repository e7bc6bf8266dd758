//! Closed purchases whose Session is not proven ended: the process that closed them died, Stripe was away, or the
//! order was cancelled by an event.

use messaging::database::{ANSWER, within};
use tokio_util::sync::CancellationToken;

use super::close::end_purchase;
use super::rows::worked_on;
use super::{App, UseCaseError};
use crate::store::purchases;

/// How many are looked after in one go.
const BATCH: u64 = 20;
/// How long until the next try.
const PAUSE_LEASES: u32 = 3;

/// Ends the Sessions of all that are due, until `shutdown`. Whether there may be more.
///
/// # Errors
/// The database's, when nothing can be read at all.
pub(crate) async fn sweep_closed(app: &App, shutdown: &CancellationToken) -> Result<bool, UseCaseError> {
    let due = within(ANSWER, purchases::close_due(&app.db, app.clock.now(), BATCH)).await?;
    for id in &due {
        if shutdown.is_cancelled() {
            return Ok(false);
        }
        // A row that fails was claimed before, and waits like the others.
        worked_on(app, ("closed purchase", id), end(app, id)).await;
    }
    Ok(due.len() as u64 == BATCH)
}

async fn end(app: &App, id: &str) -> Result<(), UseCaseError> {
    let now = app.clock.now();
    let until = now + app.call_lease() * PAUSE_LEASES;
    if !within(ANSWER, purchases::claim_close(&app.db, id, now, until)).await? {
        return Ok(());
    }
    match within(ANSWER, purchases::find(&app.db, id)).await? {
        Some(purchase) => end_purchase(app, id, purchase.generation).await.map(drop),
        None => Ok(()),
    }
}
