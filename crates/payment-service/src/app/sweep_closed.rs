//! Closed purchases whose Session is not proven ended: the process that closed them died, Stripe was away, or the
//! order was cancelled by an event.

use super::close::end_purchase;
use super::{App, UseCaseError};
use crate::store::purchases;

/// How many are looked after in one go.
const BATCH: u64 = 20;
/// How long until the next try.
const PAUSE_LEASES: u32 = 3;

/// Ends the Sessions of all that are due. Whether there may be more.
///
/// # Errors
/// The database's.
pub(crate) async fn sweep_closed(app: &App) -> Result<bool, UseCaseError> {
    let due = purchases::close_due(&app.db, app.clock.now(), BATCH).await?;
    for id in &due {
        let now = app.clock.now();
        if purchases::claim_close(&app.db, id, now, now + app.call_lease() * PAUSE_LEASES).await? {
            end_purchase(app, id).await?;
        }
    }
    Ok(due.len() as u64 == BATCH)
}
