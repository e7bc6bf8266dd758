//! Remembers that a purchase is paid, so that older news (a declined attempt, an order that ended unpaid) are not
//! mailed any more.

use sea_orm::{DatabaseTransaction, DbErr};
use time::OffsetDateTime;

use crate::domain::Settlement;
use crate::store;

/// Events of different topics arrive in any order, so this is a mark of its own, looked at when a mail is about
/// to be sent.
///
/// # Errors
/// Those of the database.
pub(crate) async fn settle(
    tx: &DatabaseTransaction,
    purchase_id: &str,
    settlement: Settlement,
    now: OffsetDateTime,
) -> Result<(), DbErr> {
    store::mark_settled(tx, purchase_id, settlement, now).await
}
