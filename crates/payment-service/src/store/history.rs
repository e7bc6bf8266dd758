//! `payment_history`: every fact that reached a payment, and what it did.

use kernel::{EventId, PaymentId};
use sea_orm::ActiveValue::{NotSet, Set};
use sea_orm::{DatabaseTransaction, DbErr, EntityTrait};
use time::OffsetDateTime;

use super::entities::payment_history::{ActiveModel, Entity};
use crate::domain::Status;

/// One line of the history.
#[derive(Debug)]
pub(crate) struct Entry<'a> {
    /// Whose.
    pub(crate) payment_id: PaymentId,
    /// Of which purchase.
    pub(crate) purchase_id: &'a str,
    /// `advanced`, `superseded`, `contradiction`.
    pub(crate) outcome: &'static str,
    /// Of a contradiction.
    pub(crate) reason: Option<&'a str>,
    /// Before.
    pub(crate) from: Status,
    /// After.
    pub(crate) to: Status,
    /// Who told: `webhook`, `answer`, `refresh` …
    pub(crate) source: &'static str,
    /// The webhook.
    pub(crate) stripe_event_id: Option<&'a str>,
    /// What was published.
    pub(crate) event_id: Option<EventId>,
    /// The trace it happened in.
    pub(crate) trace_id: Option<String>,
    /// When.
    pub(crate) at: OffsetDateTime,
}

/// Appends.
pub(crate) async fn append(tx: &DatabaseTransaction, entry: Entry<'_>) -> Result<(), DbErr> {
    let row = ActiveModel {
        id: NotSet,
        payment_id: Set(entry.payment_id.uuid()),
        purchase_id: Set(entry.purchase_id.to_owned()),
        outcome: Set(entry.outcome.to_owned()),
        reason: Set(entry.reason.map(str::to_owned)),
        from_status: Set(entry.from.as_str().to_owned()),
        to_status: Set(entry.to.as_str().to_owned()),
        source: Set(entry.source.to_owned()),
        stripe_event_id: Set(entry.stripe_event_id.map(str::to_owned)),
        event_id: Set(entry.event_id.map(EventId::uuid)),
        trace_id: Set(entry.trace_id),
        at: Set(entry.at),
    };
    Entity::insert(row).exec_without_returning(tx).await.map(drop)
}
