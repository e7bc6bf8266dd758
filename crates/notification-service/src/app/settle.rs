//! Remembers that a purchase is paid, so that news of a declined attempt that come later are not mailed.

use sea_orm::{DatabaseTransaction, DbErr};
use time::OffsetDateTime;

use crate::store;

/// Events of different topics arrive in any order, so this is a mark of its own, looked at when a mail is about
/// to be sent.
///
/// # Errors
/// Those of the database.
pub(crate) async fn settle(
    tx: &DatabaseTransaction,
    purchase_id: &str,
    now: OffsetDateTime,
) -> Result<(), DbErr> {
    store::mark_settled(tx, purchase_id, now).await
}
