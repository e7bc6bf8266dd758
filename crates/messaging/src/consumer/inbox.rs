//! Remembering which events took effect.

use std::collections::HashMap;

use kernel::Clock;
use sea_orm::ActiveValue::Set;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QuerySelect,
    TryInsertResult,
};
use uuid::Uuid;

use super::incoming::Raw;
use crate::tables::inbox;

/// Enters the event for this group; `false` if it is there already. Waits for a transaction that is just
/// entering the same event.
pub(super) async fn enter(
    tx: &DatabaseTransaction,
    group: &str,
    event_id: Uuid,
    raw: &Raw,
    clock: &dyn Clock,
) -> Result<bool, DbErr> {
    let row = inbox::ActiveModel {
        consumer_group: Set(group.to_owned()),
        event_id: Set(event_id),
        topic: Set(raw.topic.clone()),
        partition: Set(raw.partition),
        offset: Set(raw.offset),
        received_at: Set(clock.now()),
    };
    let done = inbox::Entity::insert(row)
        .on_conflict_do_nothing_on([inbox::Column::ConsumerGroup, inbox::Column::EventId])
        .exec_without_returning(tx)
        .await?;
    Ok(matches!(done, TryInsertResult::Inserted(rows) if rows > 0))
}

/// The last offset that took effect, by topic and partition.
pub(super) async fn last_offsets(
    db: &impl ConnectionTrait,
    group: &str,
) -> Result<HashMap<(String, i32), i64>, DbErr> {
    let last: Vec<(String, i32, i64)> = inbox::Entity::find()
        .select_only()
        .column(inbox::Column::Topic)
        .column(inbox::Column::Partition)
        .column_as(inbox::Column::Offset.max(), "last")
        .filter(inbox::Column::ConsumerGroup.eq(group))
        .group_by(inbox::Column::Topic)
        .group_by(inbox::Column::Partition)
        .into_tuple()
        .all(db)
        .await?;
    Ok(last.into_iter().map(|(topic, partition, offset)| ((topic, partition), offset)).collect())
}
