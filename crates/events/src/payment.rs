//! `payment.*`: every event carries the payment's state after the change.

use kernel::{Currency, OrderId, PaymentId};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::decode::event_family;
use crate::{LastError, LineItem, ShippingAddress, wire};

/// The state of a payment. A consumer keeps one row per `payment_id` and applies a snapshot only when its
/// `sequence` is higher than that row's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PaymentSnapshot {
    /// The attempt's id, also in the metadata at Stripe.
    pub payment_id: PaymentId,
    /// Which attempt of its purchase, from 1.
    #[serde(default, deserialize_with = "wire::integer")]
    pub attempt: u32,
    /// The order it pays; this or `booking_id`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_id: Option<OrderId>,
    /// The booking it pays; this or `order_id`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub booking_id: Option<String>,
    /// Counts this payment's published snapshots, from 1, without gaps.
    #[serde(default, deserialize_with = "wire::integer")]
    pub sequence: i64,
    /// See [`crate::status::payment`].
    #[serde(default, deserialize_with = "wire::or_default")]
    pub status: String,
    /// Who pays; `guest` without an account.
    #[serde(default, deserialize_with = "wire::or_default")]
    pub user_id: String,
    /// Of the buyer, where one is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Of a booking: who is paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recipient_id: Option<String>,
    /// Of a booking: the address of who is paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recipient_email: Option<String>,
    /// Asked for, minor units.
    #[serde(default, deserialize_with = "wire::integer")]
    pub amount: i64,
    /// Given back so far, minor units.
    #[serde(default, deserialize_with = "wire::integer")]
    pub amount_refunded: i64,
    /// Of all amounts.
    pub currency: Currency,
    /// What is paid for.
    #[serde(default, deserialize_with = "wire::or_default")]
    pub products: Vec<LineItem>,
    /// Stripe's Checkout Session (`cs_…`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_id: Option<String>,
    /// Stripe's PaymentIntent (`pi_…`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment_intent_id: Option<String>,
    /// How often it was declined so far.
    #[serde(default, deserialize_with = "wire::integer")]
    pub declines: u32,
    /// Of the newest decline or failure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_error: Option<LastError>,
    /// Whether it is real money.
    #[serde(default, deserialize_with = "wire::or_default")]
    pub livemode: bool,
}

impl PaymentSnapshot {
    /// The Kafka key: the order's id, else the booking's. A payment of neither has its own id.
    #[must_use]
    pub fn key(&self) -> String {
        let order = self.order_id.map(|id| id.to_string());
        order.or_else(|| self.booking_id.clone()).unwrap_or_else(|| self.payment_id.to_string())
    }
}

/// A Session or PaymentIntent exists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PaymentCreated {
    /// The state after it.
    #[serde(flatten)]
    pub payment: PaymentSnapshot,
    /// Where the customer pays; absent for a PaymentIntent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// When it can no longer be paid, UTC.
    #[serde(with = "wire::timestamp")]
    pub expires_at: OffsetDateTime,
    /// Where the goods go, where it was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shipping_address: Option<ShippingAddress>,
}

/// A delayed method was started, money may follow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentProcessing {
    /// The state after it.
    #[serde(flatten)]
    pub payment: PaymentSnapshot,
}

/// Money was captured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PaymentSuccessful {
    /// The state after it.
    #[serde(flatten)]
    pub payment: PaymentSnapshot,
    /// Stripe's type of method (`card`, `paypal`).
    #[serde(default, deserialize_with = "wire::or_default")]
    pub payment_method: String,
    /// Stripe's receipt, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt_url: Option<String>,
}

/// An attempt was declined, or a delayed method failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PaymentFailed {
    /// The state after it.
    #[serde(flatten)]
    pub payment: PaymentSnapshot,
    /// For people, safe to show.
    #[serde(default, deserialize_with = "wire::or_default")]
    pub reason: String,
    /// The bank's reason, where it gave one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decline_code: Option<String>,
    /// Whether the same method may work when it is tried again.
    #[serde(default, deserialize_with = "wire::or_default")]
    pub retryable: bool,
}

/// The Session ended unpaid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentExpired {
    /// The state after it.
    #[serde(flatten)]
    pub payment: PaymentSnapshot,
}

/// A refund changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PaymentRefunded {
    /// The state after it.
    #[serde(flatten)]
    pub payment: PaymentSnapshot,
    /// Stripe's refund (`re_…`).
    #[serde(default, deserialize_with = "wire::or_default")]
    pub refund_id: String,
    /// Of this refund, minor units.
    #[serde(default, deserialize_with = "wire::integer")]
    pub refund_amount: i64,
    /// See [`crate::status::refund`].
    #[serde(default, deserialize_with = "wire::or_default")]
    pub refund_status: String,
    /// Why, where it was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

event_family! {
    /// Any event about a payment.
    PaymentEvent {
        Created(PaymentCreated) on PaymentCreated, key |event| event.payment.key();
        Processing(PaymentProcessing) on PaymentProcessing, key |event| event.payment.key();
        Successful(PaymentSuccessful) on PaymentSuccessful, key |event| event.payment.key();
        Failed(PaymentFailed) on PaymentFailed, key |event| event.payment.key();
        Expired(PaymentExpired) on PaymentExpired, key |event| event.payment.key();
        Refunded(PaymentRefunded) on PaymentRefunded, key |event| event.payment.key();
    }
}

impl PaymentEvent {
    /// The state after the event.
    #[must_use]
    pub const fn payment(&self) -> &PaymentSnapshot {
        match self {
            Self::Created(event) => &event.payment,
            Self::Processing(event) => &event.payment,
            Self::Successful(event) => &event.payment,
            Self::Failed(event) => &event.payment,
            Self::Expired(event) => &event.payment,
            Self::Refunded(event) => &event.payment,
        }
    }
}
