//! New notifications.

use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, PaginatorTrait, QueryFilter, Set, TryInsertResult,
};
use time::OffsetDateTime;

use super::notification::{ActiveModel, Column, Entity};
use crate::domain::{Announcement, Kind, Letter, NotificationId, Recipient, State};

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
    let Announcement { letter, subject, order_id, payment_id, sequence, traceparent, .. } = new.announcement;
    let data = json(&letter)?;
    let row = ActiveModel {
        id: Set(new.id.0),
        kind: Set(letter.kind().name().to_owned()),
        subject: Set(subject),
        recipient: Set(new.recipient.map(|recipient| recipient.as_str().to_owned())),
        order_id: Set(order_id),
        payment_id: Set(payment_id),
        sequence: Set(sequence),
        state: Set(new.state.name().to_owned()),
        attempts: Set(0),
        next_try_at: Set(new.now),
        first_tried_at: Set(None),
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

/// Writes the notification of this kind and subject anew, if it is there, was written from an older snapshot of
/// the order and was not sent, whatever the reason: the same happened to the order again. Whoever is sending the
/// older one just now keeps the claim, and it stays one mail.
///
/// # Errors
/// Those of the database.
pub(crate) async fn renew(
    tx: &DatabaseTransaction,
    announcement: &Announcement<'_>,
    recipient: &Recipient,
    sequence: i64,
    now: OffsetDateTime,
) -> Result<bool, DbErr> {
    let Announcement { letter, subject, traceparent, .. } = announcement;
    let done = Entity::update_many()
        .col_expr(Column::Data, Expr::value(json(letter)?))
        .col_expr(Column::Recipient, Expr::value(recipient.as_str()))
        .col_expr(Column::Sequence, Expr::value(sequence))
        .col_expr(Column::State, Expr::value(State::Pending.name()))
        .col_expr(Column::LastError, Expr::value(Option::<String>::None))
        .col_expr(Column::Traceparent, Expr::value(traceparent.clone()))
        .col_expr(Column::NextTryAt, Expr::value(now))
        .col_expr(Column::FirstTriedAt, Expr::value(Option::<OffsetDateTime>::None))
        .col_expr(Column::CreatedAt, Expr::value(now))
        .filter(Column::Kind.eq(letter.kind().name()))
        .filter(Column::Subject.eq(subject.as_str()))
        .filter(Column::Sequence.lt(sequence))
        .filter(Column::State.ne(State::Sent.name()))
        .exec(tx)
        .await?;
    Ok(done.rows_affected > 0)
}

/// Whether an end of the order was mailed that is older than its snapshot of this sequence.
///
/// # Errors
/// Those of the database.
pub(crate) async fn told_of_end(
    tx: &DatabaseTransaction,
    order_id: &str,
    sequence: i64,
) -> Result<bool, DbErr> {
    let ends = [Kind::OrderCancelled, Kind::OrderExpired].map(Kind::name);
    let told = Entity::find()
        .filter(Column::Kind.is_in(ends))
        .filter(Column::Subject.eq(order_id))
        .filter(Column::Sequence.lt(sequence))
        .filter(Column::State.eq(State::Sent.name()))
        .count(tx)
        .await?;
    Ok(told > 0)
}

fn json(letter: &Letter) -> Result<serde_json::Value, DbErr> {
    serde_json::to_value(letter).map_err(|error| DbErr::Json(error.to_string()))
}
