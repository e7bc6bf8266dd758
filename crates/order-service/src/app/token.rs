//! Order tokens for guests.

use kernel::OrderId;
use messaging::database::transact;
use sea_orm::DatabaseTransaction;

use crate::app::{App, Error};
use crate::domain::order::{Buyer, Order};
use crate::domain::token::Minted;
use crate::store::orders;

/// The token of a guest's order: the one that is out already, as long as it can be minted again. None for
/// orders with an owner.
pub(crate) async fn mint(app: &App, order: &Order) -> Result<Option<String>, Error> {
    if order.buyer != Buyer::Guest {
        return Ok(None);
    }
    let minted = again(app, order);
    if Some(minted.stored) == order.token {
        return Ok(Some(minted.text));
    }
    let id = order.id;
    let text = transact(&app.db, async |tx: &DatabaseTransaction| replace(tx, app, id).await).await?;
    Ok(Some(text))
}

async fn replace(tx: &DatabaseTransaction, app: &App, id: OrderId) -> Result<String, Error> {
    let mut order = orders::lock(tx, id).await?.ok_or(Error::NotFound)?;
    let minted = again(app, &order);
    order.token = Some(minted.stored);
    orders::save(tx, &order).await?;
    Ok(minted.text)
}

fn again(app: &App, order: &Order) -> Minted {
    app.keys.mint(order.id, order.token_revision, order.token.as_ref(), app.now())
}
