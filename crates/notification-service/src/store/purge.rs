//! Forgetting what has been sent.

use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use time::OffsetDateTime;
use uuid::Uuid;

use super::notification::{Column, Entity};
use crate::domain::{Kind, State};

/// Forgets at most `limit` mails that were sent before `before`. How many. Those about refunds are kept: after a
/// restored backup payment-service tells of every refund of a payment again, however old.
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
        .filter(Column::Kind.ne(Kind::PaymentRefunded.name()))
        .order_by_asc(Column::Id)
        .limit(limit)
        .into_tuple()
        .all(db)
        .await?;
    let done = Entity::delete_many().filter(Column::Id.is_in(old)).exec(db).await?;
    Ok(done.rows_affected)
}
