//! Forgetting what the inbox no longer needs to know.

use std::time::Duration;

use kernel::Clock;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr, Statement};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::database::{ANSWER, within};

/// Longer than the 30 days for which topics keep messages: what is forgotten cannot be delivered again, but by
/// a replay, and then `sequence` alone has to be enough.
const KEPT: time::Duration = time::Duration::days(35);
const PAUSE: Duration = Duration::from_secs(600);
/// Rows per statement, so that none holds locks for long.
const ROWS: u32 = 1_000;

/// Forgets old rows of all groups of this database, now and every ten minutes.
pub(super) async fn keep_inbox_small(db: &DatabaseConnection, clock: &dyn Clock, stop: &CancellationToken) {
    while !stop.is_cancelled() {
        let pause = match stop.run_until_cancelled(forget(db, clock)).await {
            // There may be more.
            Some(Ok(rows)) if rows >= u64::from(ROWS) => Duration::ZERO,
            Some(Err(error)) => {
                tracing::warn!(error = %error, "old inbox rows could not be forgotten");
                PAUSE
            }
            Some(Ok(_)) | None => PAUSE,
        };
        stop.run_until_cancelled(sleep(pause)).await;
    }
}

/// Two processes may choose the same rows: the second one finds them gone.
async fn forget(db: &DatabaseConnection, clock: &dyn Clock) -> Result<u64, DbErr> {
    let sql = format!(
        "DELETE FROM inbox WHERE (consumer_group, event_id) IN \
         (SELECT consumer_group, event_id FROM inbox WHERE received_at < $1 ORDER BY received_at LIMIT {ROWS})"
    );
    let statement =
        Statement::from_sql_and_values(db.get_database_backend(), sql, [(clock.now() - KEPT).into()]);
    Ok(within(ANSWER, db.execute_raw(statement)).await?.rows_affected())
}
