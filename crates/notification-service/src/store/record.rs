//! New notifications.

use sea_orm::{DatabaseTransaction, DbErr, EntityTrait, Set, TryInsertResult};
use time::OffsetDateTime;

use super::notification::{ActiveModel, Column, Entity};
use crate::domain::{Announcement, NotificationId, Recipient, State};

/// What a row is made of.
pub(crate) struct NewNotification<'a> {
    pub(crate) id: NotificationId,
    pub(crate) announcement: Announcement<'a>,
    pub(crate) recipient: Option<Recipient>,
    pub(crate) message_id: String,
    pub(crate) state: State,
    /// The reason, when `state` is skipped.
    pub(crate) skipped: Option<&'static str>,
    pub(crate) now: OffsetDateTime,
}

/// Inserts it; `false` when there is one of its kind and subject.
///
/// # Errors
/// Those of the database.
pub(crate) async fn insert(tx: &DatabaseTransaction, new: NewNotification<'_>) -> Result<bool, DbErr> {
    let Announcement { letter, subject, order_id, payment_id, traceparent, .. } = new.announcement;
    let data = serde_json::to_value(&letter).map_err(|error| DbErr::Json(error.to_string()))?;
    let row = ActiveModel {
        id: Set(new.id.0),
        kind: Set(letter.kind().name().to_owned()),
        subject: Set(subject),
        recipient: Set(new.recipient.map(|recipient| recipient.as_str().to_owned())),
        order_id: Set(order_id),
        payment_id: Set(payment_id),
        state: Set(new.state.name().to_owned()),
        attempts: Set(0),
        next_try_at: Set(new.now),
        lease_until: Set(None),
        message_id: Set(new.message_id),
        data: Set(data),
        last_error: Set(new.skipped.map(str::to_owned)),
        traceparent: Set(traceparent),
        created_at: Set(new.now),
        sent_at: Set(None),
    };
    let inserted = Entity::insert(row)
        .on_conflict_do_nothing_on([Column::Kind, Column::Subject])
        .exec_without_returning(tx)
        .await?;
    // A conflict shows as an insert of no rows.
    Ok(matches!(inserted, TryInsertResult::Inserted(1..)))
}
