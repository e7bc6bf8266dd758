//! Events of orders, appended to the outbox in the transaction of the change.

use ::events::{
    Envelope, LineItem, OrderCancelled, OrderCreated, OrderEvent, OrderExpired, OrderPaid,
    OrderRefundRequested, OrderSnapshot,
};
use kernel::{EventId, RefundRequestId};
use sea_orm::DatabaseTransaction;

use crate::app::{App, Error};
use crate::domain::order::{Item, Order};
use crate::domain::settlement::RefundDue;

/// What happened to an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Happened {
    Created,
    Paid,
    Cancelled,
    Expired,
}

/// Publishes the order as it is now, under its next sequence.
pub(crate) async fn order(
    tx: &DatabaseTransaction,
    app: &App,
    order: &mut Order,
    happened: Happened,
) -> Result<EventId, Error> {
    order.sequence += 1;
    let snapshot = snapshot(order);
    let event: OrderEvent = match happened {
        Happened::Created => OrderCreated { order: snapshot }.into(),
        Happened::Paid => OrderPaid { order: snapshot }.into(),
        Happened::Cancelled => OrderCancelled { order: snapshot }.into(),
        Happened::Expired => OrderExpired { order: snapshot }.into(),
    };
    append(tx, app, event).await
}

/// Asks for money back. Changes no order, so it has no sequence.
pub(crate) async fn refund_request(
    tx: &DatabaseTransaction,
    app: &App,
    order: &Order,
    id: RefundRequestId,
    due: &RefundDue,
) -> Result<EventId, Error> {
    let request = OrderRefundRequested {
        refund_request_id: id,
        order_id: order.id,
        payment_id: due.payment_id,
        amount: due.money.amount,
        currency: due.money.currency,
        reason: due.reason.as_str().to_owned(),
    };
    append(tx, app, request.into()).await
}

async fn append(tx: &DatabaseTransaction, app: &App, event: OrderEvent) -> Result<EventId, Error> {
    let id = EventId::generate(app.clock.as_ref());
    app.outbox.append(tx, &Envelope::new(id, app.now(), event)).await?;
    Ok(id)
}

fn snapshot(order: &Order) -> OrderSnapshot {
    OrderSnapshot {
        order_id: order.id,
        order_number: order.number.clone(),
        sequence: order.sequence,
        status: order.state.status().as_str().to_owned(),
        payment_status: order.payment_status.as_str().to_owned(),
        user_id: order.buyer.as_str().to_owned(),
        email: order.email.clone(),
        locale: order.locale.clone(),
        items: order.items.iter().map(line).collect(),
        total: order.total.to_major(),
        amount: order.total.amount,
        currency: order.total.currency,
        tracking_number: None,
    }
}

/// A line as events and payment-service know it.
pub(crate) fn line(item: &Item) -> LineItem {
    LineItem {
        product_id: item.product_id.clone(),
        name: item.name.clone(),
        quantity: item.quantity,
        price: item.unit.to_major(),
        unit_amount: item.unit.amount,
        image: item.image.clone(),
    }
}
