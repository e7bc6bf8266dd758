//! Forgets mails that were sent long ago.

use messaging::database::{ANSWER, within};
use sea_orm::DbErr;
use time::Duration;

use super::Delivery;
use crate::store;

/// The row of a mail keeps a second one from being sent for the same reason, so it has to outlive the 30 days for
/// which topics can be read again.
const KEPT: Duration = Duration::days(60);
/// Rows per statement, so that none holds locks for long.
const ROWS: u64 = 1_000;

impl Delivery {
    /// Deletes a batch of them. Whether there may be more.
    ///
    /// # Errors
    /// The database's.
    pub(crate) async fn forget(&self) -> Result<bool, DbErr> {
        let forgotten = within(ANSWER, store::purge(&self.db, self.clock.now() - KEPT, ROWS)).await?;
        if forgotten > 0 {
            tracing::info!(forgotten, "Mails sent long ago are forgotten");
        }
        Ok(forgotten == ROWS)
    }
}
