//! How sending went.

use sea_orm::sea_query::{Expr, SimpleExpr};
use sea_orm::{
    ColumnTrait, DatabaseConnection, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, UpdateMany,
};
use time::OffsetDateTime;

use super::notification::{Column, Entity};
use crate::domain::{Attempt, NotificationId, Skipped, State};

/// The server took it. Recorded even when the lease has run out in between: it is true, and it keeps the next
/// claim from sending a second copy.
///
/// # Errors
/// Those of the database.
pub(crate) async fn mark_sent(
    db: &DatabaseConnection,
    id: NotificationId,
    now: OffsetDateTime,
) -> Result<(), DbErr> {
    finish(id, State::Sent, None).col_expr(Column::SentAt, Expr::value(now)).exec(db).await?;
    Ok(())
}

/// It shall not be sent any more. Changes nothing when it was written anew since it was claimed.
///
/// # Errors
/// Those of the database.
pub(crate) async fn skip(db: &DatabaseConnection, what: Attempt, why: Skipped) -> Result<(), DbErr> {
    finish(what.id, State::Skipped, Some(why.name())).filter(unchanged(what)).exec(db).await?;
    Ok(())
}

/// It was tried often and for long. Changes nothing when it was written anew since it was claimed, or as in
/// [`try_again`].
///
/// # Errors
/// Those of the database.
pub(crate) async fn give_up(db: &DatabaseConnection, what: Attempt, error: &str) -> Result<(), DbErr> {
    finish(what.id, State::Failed, Some(error))
        .filter(Column::Attempts.eq(what.number))
        .filter(unchanged(what))
        .exec(db)
        .await?;
    Ok(())
}

/// The try failed: frees the row until `at`. Changes nothing when another claim holds it by now.
///
/// # Errors
/// Those of the database.
pub(crate) async fn try_again(
    db: &DatabaseConnection,
    what: Attempt,
    at: OffsetDateTime,
    error: &str,
) -> Result<(), DbErr> {
    finish(what.id, State::Pending, Some(error))
        .col_expr(Column::NextTryAt, Expr::value(at))
        .filter(Column::Attempts.eq(what.number))
        .exec(db)
        .await?;
    Ok(())
}

/// How many wait, and since when the oldest does.
///
/// # Errors
/// Those of the database.
pub(crate) async fn backlog(db: &DatabaseConnection) -> Result<(u64, Option<OffsetDateTime>), DbErr> {
    let pending = || Entity::find().filter(Column::State.eq(State::Pending.name()));
    let count = pending().count(db).await?;
    let oldest = pending().order_by_asc(Column::CreatedAt).one(db).await?;
    Ok((count, oldest.map(|row| row.created_at)))
}

/// That the row was not written anew.
fn unchanged(what: Attempt) -> SimpleExpr {
    match what.sequence {
        Some(sequence) => Column::Sequence.eq(sequence),
        None => Column::Sequence.is_null(),
    }
}

fn finish(id: NotificationId, state: State, error: Option<&str>) -> UpdateMany<Entity> {
    Entity::update_many()
        .col_expr(Column::State, Expr::value(state.name()))
        .col_expr(Column::LeaseUntil, Expr::value(Option::<i64>::None))
        .col_expr(Column::LastError, Expr::value(error.map(str::to_owned)))
        .filter(Column::Id.eq(id.0))
        .filter(Column::State.eq(State::Pending.name()))
}
