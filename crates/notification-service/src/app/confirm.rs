//! How a paid order is confirmed: in other words when its customer has been told that it had ended.

use sea_orm::{DatabaseTransaction, DbErr};

use crate::domain::{Letter, OrderFacts};
use crate::store;

/// The letter about an order that its snapshot of this sequence shows as paid. An end that was not mailed yet changes
/// no words: its mail is outdated by now and never sent.
///
/// # Errors
/// Those of the database.
pub(crate) async fn confirmation(
    tx: &DatabaseTransaction,
    order: OrderFacts,
    sequence: i64,
) -> Result<Letter, DbErr> {
    let told = store::told_of_end(tx, &order.order_id, sequence).await?;
    Ok(if told { Letter::OrderRevived(order) } else { Letter::OrderConfirmed(order) })
}
