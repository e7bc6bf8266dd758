//! The append-only history of orders: who, what, from, to, which events, which trace.

use kernel::{EventId, OrderId, PaymentId};
use sea_orm::{DatabaseTransaction, DbErr, EntityTrait, Set};
use time::OffsetDateTime;

use super::entities::order_history;
use crate::domain::state::Status;

/// One change of an order.
#[derive(Debug, Clone)]
pub(crate) struct Entry<'a> {
    pub(crate) order_id: OrderId,
    pub(crate) at: OffsetDateTime,
    pub(crate) actor: &'a str,
    pub(crate) action: &'a str,
    /// None for a new order.
    pub(crate) from: Option<Status>,
    pub(crate) to: Status,
    pub(crate) payment_id: Option<PaymentId>,
    /// The event that led to it.
    pub(crate) cause: Option<EventId>,
    /// The event that was published of it.
    pub(crate) published: Option<EventId>,
    pub(crate) detail: Option<String>,
    pub(crate) trace_id: Option<String>,
}

/// Appends.
pub(crate) async fn append(tx: &DatabaseTransaction, entry: Entry<'_>) -> Result<(), DbErr> {
    let row = order_history::ActiveModel {
        order_id: Set(entry.order_id.uuid()),
        at: Set(entry.at),
        actor: Set(entry.actor.to_owned()),
        action: Set(entry.action.to_owned()),
        from_status: Set(entry.from.map(|status| status.as_str().to_owned())),
        to_status: Set(entry.to.as_str().to_owned()),
        payment_id: Set(entry.payment_id.map(PaymentId::uuid)),
        cause_event_id: Set(entry.cause.map(EventId::uuid)),
        event_id: Set(entry.published.map(EventId::uuid)),
        detail: Set(entry.detail),
        trace_id: Set(entry.trace_id),
        ..Default::default()
    };
    order_history::Entity::insert(row).exec_without_returning(tx).await.map(|_| ())
}
