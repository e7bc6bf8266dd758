//! Orders with their lines.

mod convert;

use kernel::OrderId;
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter,
    QueryOrder, QuerySelect, Set,
};

use super::entities::{order, order_item, order_number};
use crate::domain::order::Order;

/// The next count for an order's number.
pub(crate) async fn next_number(tx: &DatabaseTransaction, id: OrderId) -> Result<i64, DbErr> {
    let row = order_number::ActiveModel { order_id: Set(id.uuid()), ..Default::default() };
    Ok(row.insert(tx).await?.id)
}

/// Writes a new order. `false` when there is one of that id already; then nothing was written.
pub(crate) async fn insert(tx: &DatabaseTransaction, order: &Order) -> Result<bool, DbErr> {
    let row = convert::to_row(order)?;
    let inserted = order::Entity::insert(row)
        .on_conflict(OnConflict::column(order::Column::Id).do_nothing().to_owned())
        .exec_without_returning(tx)
        .await?;
    if inserted != 1 {
        return Ok(false);
    }
    let items = convert::to_item_rows(order);
    if !items.is_empty() {
        order_item::Entity::insert_many(items).exec_without_returning(tx).await?;
    }
    Ok(true)
}

/// The order, its row locked until the transaction ends: first in every transaction that changes it.
pub(crate) async fn lock(tx: &DatabaseTransaction, id: OrderId) -> Result<Option<Order>, DbErr> {
    let row = order::Entity::find_by_id(id.uuid()).lock_exclusive().one(tx).await?;
    with_items(tx, row).await
}

/// The order as it is.
pub(crate) async fn find<C: ConnectionTrait>(db: &C, id: OrderId) -> Result<Option<Order>, DbErr> {
    let row = order::Entity::find_by_id(id.uuid()).one(db).await?;
    with_items(db, row).await
}

/// Writes what may change of an order; its lines never do.
pub(crate) async fn save(tx: &DatabaseTransaction, order: &Order) -> Result<(), DbErr> {
    let row = convert::to_row(order)?;
    order::Entity::update(row).exec(tx).await.map(|_| ())
}

async fn with_items<C: ConnectionTrait>(db: &C, row: Option<order::Model>) -> Result<Option<Order>, DbErr> {
    let Some(row) = row else { return Ok(None) };
    let items = order_item::Entity::find()
        .filter(order_item::Column::OrderId.eq(row.id))
        .order_by_asc(order_item::Column::Position)
        .all(db)
        .await?;
    convert::from_rows(row, items).map(Some)
}
