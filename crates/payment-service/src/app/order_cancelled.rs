//! An order was cancelled: whatever Session it still has is ended.

use kernel::OrderId;
use sea_orm::{DatabaseTransaction, DbErr};

use super::App;
use crate::domain::PurchaseState;
use crate::store::purchases;

/// Closes the purchase if it is not closed already, which is the rule; a worker ends the Session after the commit.
///
/// # Errors
/// The database's.
pub(crate) async fn order_cancelled(
    app: &App,
    tx: &DatabaseTransaction,
    order_id: OrderId,
) -> Result<(), DbErr> {
    let now = app.clock.now();
    let Some(mut purchase) = purchases::lock(tx, &order_id.to_string()).await? else {
        return Ok(());
    };
    if purchase.is_open() {
        purchase.state = PurchaseState::Closed;
        purchase.close_due = Some(now);
        purchases::save(tx, &purchase, now).await?;
    }
    Ok(())
}
