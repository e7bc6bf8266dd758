//! `order.*`: the order's state after the change, and the request for money back.

use kernel::{Currency, Major, OrderId, PaymentId, RefundRequestId};
use serde::{Deserialize, Serialize};

use crate::decode::event_family;
use crate::{LineItem, wire};

/// The state of an order. A consumer applies a snapshot only when its `sequence` is higher than the one
/// it knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderSnapshot {
    /// The order.
    pub order_id: OrderId,
    /// For people (`T-26-000123`).
    #[serde(default, deserialize_with = "wire::or_default")]
    pub order_number: String,
    /// Counts this order's published snapshots, from 1, without gaps.
    #[serde(default, deserialize_with = "wire::integer")]
    pub sequence: i64,
    /// See [`crate::status::order`].
    #[serde(default, deserialize_with = "wire::or_default")]
    pub status: String,
    /// See [`crate::status::order_payment`].
    #[serde(default, deserialize_with = "wire::or_default")]
    pub payment_status: String,
    /// Who ordered; `guest` without an account.
    #[serde(default, deserialize_with = "wire::or_default")]
    pub user_id: String,
    /// Of the buyer; absent only when a frontend made the purchase without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The buyer's language (`en`).
    #[serde(default, deserialize_with = "wire::or_default")]
    pub locale: String,
    /// What was ordered.
    #[serde(default, deserialize_with = "wire::or_default")]
    pub items: Vec<LineItem>,
    /// To pay, major units, for people.
    #[serde(default = "wire::zero", deserialize_with = "wire::decimal")]
    pub total: Major,
    /// To pay, minor units.
    #[serde(default, deserialize_with = "wire::integer")]
    pub amount: i64,
    /// Of all amounts.
    pub currency: Currency,
    /// The carrier's number, once it is on its way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tracking_number: Option<String>,
}

/// An order was placed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderCreated {
    /// The state after it.
    #[serde(flatten)]
    pub order: OrderSnapshot,
}

/// An order was paid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderPaid {
    /// The state after it.
    #[serde(flatten)]
    pub order: OrderSnapshot,
}

/// An order was cancelled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderCancelled {
    /// The state after it.
    #[serde(flatten)]
    pub order: OrderSnapshot,
}

/// An order was not paid in time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderExpired {
    /// The state after it.
    #[serde(flatten)]
    pub order: OrderSnapshot,
}

/// order-service wants money back; money moves only on this event. Unique per payment and reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderRefundRequested {
    /// The request's own id.
    pub refund_request_id: RefundRequestId,
    /// The order the money was paid for.
    pub order_id: OrderId,
    /// The payment to take it from.
    pub payment_id: PaymentId,
    /// How much, minor units.
    #[serde(default, deserialize_with = "wire::integer")]
    pub amount: i64,
    /// Of the amount.
    pub currency: Currency,
    /// See [`crate::status::refund_reason`].
    #[serde(default, deserialize_with = "wire::or_default")]
    pub reason: String,
}

event_family! {
    /// Any event about an order.
    OrderEvent {
        Created(OrderCreated) on OrderCreated, key |event| event.order.order_id.to_string();
        Paid(OrderPaid) on OrderPaid, key |event| event.order.order_id.to_string();
        Cancelled(OrderCancelled) on OrderCancelled, key |event| event.order.order_id.to_string();
        Expired(OrderExpired) on OrderExpired, key |event| event.order.order_id.to_string();
        RefundRequested(OrderRefundRequested) on OrderRefundRequested, key |event| event.order_id.to_string();
    }
}

impl OrderEvent {
    /// The state after the event; none for a request for money back, which changes no order.
    #[must_use]
    pub const fn order(&self) -> Option<&OrderSnapshot> {
        match self {
            Self::Created(event) => Some(&event.order),
            Self::Paid(event) => Some(&event.order),
            Self::Cancelled(event) => Some(&event.order),
            Self::Expired(event) => Some(&event.order),
            Self::RefundRequested(_) => None,
        }
    }

    /// The order it is about.
    #[must_use]
    pub const fn order_id(&self) -> OrderId {
        match self {
            Self::Created(event) => event.order.order_id,
            Self::Paid(event) => event.order.order_id,
            Self::Cancelled(event) => event.order.order_id,
            Self::Expired(event) => event.order.order_id,
            Self::RefundRequested(event) => event.order_id,
        }
    }
}
