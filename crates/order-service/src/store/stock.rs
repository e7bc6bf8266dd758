//! Stock: held for pending orders, committed when paid, released when they end. Never negative.
//!
//! Every change is one conditional UPDATE per product, sorted by product id so that two orders cannot wait
//! for each other in a circle. It comes as late in its transaction as can be, since everybody wants these
//! rows: last where the order is placed, retried or ended; where the outcome decides what becomes of the
//! order (late money, orders made from payments), what follows from it is written afterwards. A circle over
//! several orders of one batch is broken by the database and the batch is done again.

use std::collections::BTreeMap;

use kernel::ProductId;
use sea_orm::sea_query::{Expr, SimpleExpr};
use sea_orm::{
    ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, ExprTrait, QueryFilter, TransactionTrait,
};

use super::entities::product::{Column, Entity};
use crate::domain::order::Item;

/// Whether all of it could be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Had {
    All,
    /// Not enough of this product; nothing was changed.
    Short(ProductId),
}

#[derive(Clone, Copy)]
enum Change {
    Hold,
    Take,
    Commit,
    Release,
}

/// Holds all of `items` or none.
pub(crate) async fn hold(tx: &DatabaseTransaction, items: &[Item]) -> Result<Had, DbErr> {
    all_or_none(tx, items, Change::Hold).await
}

/// Takes all of `items` out of the stock, or none, without holding them first.
pub(crate) async fn take(tx: &DatabaseTransaction, items: &[Item]) -> Result<Had, DbErr> {
    all_or_none(tx, items, Change::Take).await
}

/// Takes held items out of the stock.
pub(crate) async fn commit(tx: &DatabaseTransaction, items: &[Item]) -> Result<(), DbErr> {
    certainly(tx, items, Change::Commit).await
}

/// Gives held items free.
pub(crate) async fn release(tx: &DatabaseTransaction, items: &[Item]) -> Result<(), DbErr> {
    certainly(tx, items, Change::Release).await
}

async fn all_or_none(tx: &DatabaseTransaction, items: &[Item], change: Change) -> Result<Had, DbErr> {
    let savepoint = tx.begin().await?;
    for (product, quantity) in sorted(items) {
        if !apply(&savepoint, &product, quantity, change).await? {
            savepoint.rollback().await?;
            return Ok(Had::Short(product));
        }
    }
    savepoint.commit().await?;
    Ok(Had::All)
}

async fn certainly(tx: &DatabaseTransaction, items: &[Item], change: Change) -> Result<(), DbErr> {
    for (product, quantity) in sorted(items) {
        if !apply(tx, &product, quantity, change).await? {
            // Cannot be while an order's stock state is true.
            return Err(DbErr::Custom(format!("less of product {product} is held than an order holds")));
        }
    }
    Ok(())
}

/// Lines whose product the catalogue does not know have no stock.
fn sorted(items: &[Item]) -> BTreeMap<ProductId, i64> {
    let mut sums = BTreeMap::new();
    for item in items {
        if let Some(product) = &item.product_id {
            *sums.entry(product.clone()).or_default() += i64::from(item.quantity);
        }
    }
    sums
}

async fn apply(
    tx: &DatabaseTransaction,
    product: &ProductId,
    quantity: i64,
    change: Change,
) -> Result<bool, DbErr> {
    let stock = || Expr::col(Column::Stock);
    let held = || Expr::col(Column::Held);
    let update = Entity::update_many().filter(Column::Id.eq(product.as_str()));
    let available: SimpleExpr = stock().sub(held()).gte(quantity);
    let enough_held: SimpleExpr = held().gte(quantity);
    let update = match change {
        Change::Hold => update.col_expr(Column::Held, held().add(quantity)).filter(available),
        Change::Take => update.col_expr(Column::Stock, stock().sub(quantity)).filter(available),
        Change::Commit => update
            .col_expr(Column::Stock, stock().sub(quantity))
            .col_expr(Column::Held, held().sub(quantity))
            .filter(enough_held),
        Change::Release => update.col_expr(Column::Held, held().sub(quantity)).filter(enough_held),
    };
    Ok(update.exec(tx).await?.rows_affected == 1)
}
