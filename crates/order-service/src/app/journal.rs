//! Notes in the history of orders.

use kernel::{EventId, OrderId, PaymentId};
use sea_orm::{DatabaseTransaction, DbErr};
use service_kit::telemetry::current_trace_id;

use crate::app::App;
use crate::domain::order::Order;
use crate::domain::state::Status;
use crate::store::history;

/// Who or what makes a change.
#[derive(Debug, Clone)]
pub(crate) struct Cause {
    /// `user:ID`, `guest`, `admin:ID`, `service`, `payment-service`, `worker`.
    pub(crate) actor: String,
    /// The event it comes from.
    pub(crate) event_id: Option<EventId>,
}

impl Cause {
    /// Somebody, without an event.
    pub(crate) fn by(actor: impl Into<String>) -> Self {
        Self { actor: actor.into(), event_id: None }
    }
}

/// What a note adds to the order and the cause.
#[derive(Debug, Clone, Default)]
pub(crate) struct Note {
    pub(crate) from: Option<Status>,
    pub(crate) payment_id: Option<PaymentId>,
    pub(crate) published: Option<EventId>,
    pub(crate) detail: Option<String>,
}

/// Names the order in the request's log lines.
pub(crate) fn about(order: OrderId) {
    tracing::Span::current().record("order_id", tracing::field::display(order));
}

/// Names the payment in the request's log lines.
pub(crate) fn about_payment(payment: PaymentId) {
    tracing::Span::current().record("payment_id", tracing::field::display(payment));
}

/// Appends to the order's history; the order is as it is after the change.
pub(crate) async fn note(
    tx: &DatabaseTransaction,
    app: &App,
    order: &Order,
    cause: &Cause,
    action: &str,
    note: Note,
) -> Result<(), DbErr> {
    let entry = history::Entry {
        order_id: order.id,
        at: app.now(),
        actor: &cause.actor,
        action,
        from: note.from,
        to: order.state.status(),
        payment_id: note.payment_id,
        cause: cause.event_id,
        published: note.published,
        detail: note.detail,
        trace_id: current_trace_id(),
    };
    history::append(tx, entry).await
}
