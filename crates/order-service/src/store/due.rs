//! Orders a worker has to look at, claimed so that every replica takes others.

use kernel::OrderId;
use sea_orm::sea_query::{Expr, LockBehavior, LockType, Query};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, EntityTrait, QueryFilter,
};
use time::OffsetDateTime;

use super::entities::order::{Column, Entity};

/// Claims up to `limit` due orders by moving them to `until`: if the worker dies, they are due again then.
///
/// On PostgreSQL rows that another worker is claiming are skipped; on SQLite the transaction is alone.
pub(crate) async fn claim(
    tx: &DatabaseTransaction,
    now: OffsetDateTime,
    until: OffsetDateTime,
    limit: u64,
) -> Result<Vec<OrderId>, DbErr> {
    let mut due = Query::select();
    due.column(Column::Id)
        .from(Entity)
        .and_where(Column::DueAt.lte(now))
        .order_by(Column::DueAt, sea_orm::Order::Asc)
        .limit(limit);
    if tx.get_database_backend() == DbBackend::Postgres {
        due.lock_with_behavior(LockType::Update, LockBehavior::SkipLocked);
    }
    let claimed = Entity::update_many()
        .col_expr(Column::DueAt, Expr::value(until))
        .filter(Column::Id.in_subquery(due))
        .filter(Column::DueAt.lte(now))
        .exec_with_returning(tx)
        .await?;
    Ok(claimed.into_iter().map(|row| row.id.into()).collect())
}

/// Looks at a pending order again at `at`. One that is not pending any more is never due.
pub(crate) async fn postpone<C: ConnectionTrait>(
    db: &C,
    order: OrderId,
    at: OffsetDateTime,
) -> Result<(), DbErr> {
    Entity::update_many()
        .col_expr(Column::DueAt, Expr::value(at))
        .filter(Column::Id.eq(order.uuid()))
        .filter(Column::DueAt.is_not_null())
        .exec(db)
        .await
        .map(|_| ())
}
