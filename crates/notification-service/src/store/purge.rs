//! Forgetting what has been sent.

use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use time::OffsetDateTime;
use uuid::Uuid;

use super::notification::{Column, Entity};
use crate::domain::State;

/// Forgets at most `limit` mails that were sent before `before`. How many.
pub(crate) async fn purge(
    db: &impl ConnectionTrait,
    before: OffsetDateTime,
    limit: u64,
) -> Result<u64, DbErr> {
    let old: Vec<Uuid> = Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::State.eq(State::Sent.name()))
        .filter(Column::SentAt.lt(before))
        .order_by_asc(Column::Id)
        .limit(limit)
        .into_tuple()
        .all(db)
        .await?;
    let done = Entity::delete_many().filter(Column::Id.is_in(old)).exec(db).await?;
    Ok(done.rows_affected)
}
