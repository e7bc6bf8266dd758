//! One order for the same buyer, cart and address within a short while.

use kernel::OrderId;
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ColumnTrait, DatabaseConnection, DatabaseTransaction, DbErr, EntityTrait, ExprTrait, QueryFilter, Set,
};
use time::OffsetDateTime;

use super::entities::checkout_dedupe::{ActiveModel, Column, Entity};

/// Enters `order` as the fingerprint's, unless another was entered after `since`: then that one is answered.
/// A concurrent checkout of the same waits here for the other's end.
pub(crate) async fn enter(
    tx: &DatabaseTransaction,
    fingerprint: &str,
    order: OrderId,
    now: OffsetDateTime,
    since: OffsetDateTime,
) -> Result<Option<OrderId>, DbErr> {
    let row = ActiveModel {
        fingerprint: Set(fingerprint.to_owned()),
        order_id: Set(order.uuid()),
        created_at: Set(now),
    };
    let unless_recent = OnConflict::column(Column::Fingerprint)
        .update_columns([Column::OrderId, Column::CreatedAt])
        .action_and_where(Expr::col((Entity, Column::CreatedAt)).lte(since))
        .to_owned();
    let entered = Entity::insert(row).on_conflict(unless_recent).exec_without_returning(tx).await?;
    if entered == 1 {
        return Ok(None);
    }
    let known = Entity::find_by_id(fingerprint.to_owned()).one(tx).await?;
    Ok(known.map(|row| row.order_id.into()))
}

/// Replaces whatever was entered: the former order has ended.
pub(crate) async fn replace(
    tx: &DatabaseTransaction,
    fingerprint: &str,
    order: OrderId,
    now: OffsetDateTime,
) -> Result<(), DbErr> {
    let row = ActiveModel {
        fingerprint: Set(fingerprint.to_owned()),
        order_id: Set(order.uuid()),
        created_at: Set(now),
    };
    Entity::update(row).exec(tx).await.map(|_| ())
}

/// Forgets what was entered before `before`. How many.
pub(crate) async fn purge(db: &DatabaseConnection, before: OffsetDateTime) -> Result<u64, DbErr> {
    let old = Entity::delete_many().filter(Column::CreatedAt.lt(before));
    Ok(old.exec(db).await?.rows_affected)
}
