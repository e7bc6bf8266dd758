//! Bodies of payment-service's internal purchases API, which order-service calls while a customer waits.
//!
//! | call | body | answer |
//! |---|---|---|
//! | `PUT /internal/purchases/{orderId}/session` | [`EnsureSession`] | [`Purchase`] |
//! | `POST /internal/purchases/{orderId}/refresh` | `{}` | [`Purchase`] |
//! | `POST /internal/purchases/{orderId}/close` | [`ClosePurchase`] | [`Purchase`] with `outcome` |
//! | `GET /internal/purchases/{orderId}` | | [`Purchase`] |
//! | `GET /internal/purchases?sessionId=…` | | [`Purchase`] |
//!
//! A call with an older `generation` than the purchase's changes nothing and answers the state as it is.

use std::collections::BTreeMap;

use kernel::{Currency, EventId};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::{LineItem, PaymentSnapshot, ShippingAddress, wire};

/// Asks for the purchase's payable Session: the live one, or the next attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EnsureSession {
    /// Grows when an expired order holds its stock again.
    #[serde(default, deserialize_with = "wire::integer")]
    pub generation: i64,
    /// Who pays; `guest` without an account.
    pub user_id: String,
    /// Of the buyer, where one is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Of all amounts.
    pub currency: Currency,
    /// To pay, minor units.
    #[serde(deserialize_with = "wire::integer")]
    pub amount: i64,
    /// What is paid for.
    pub products: Vec<LineItem>,
    /// Where the goods go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shipping_address: Option<ShippingAddress>,
    /// Where the customer goes when paid.
    pub success_url: String,
    /// Where the customer goes when the page is left unpaid.
    pub cancel_url: String,
    /// Stripe's types of methods (`card`, `paypal`); absent lets Stripe's settings decide.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment_method_types: Option<Vec<String>>,
    /// Until when the stock is held, UTC; the Session ends earlier.
    #[serde(with = "wire::timestamp")]
    pub hold_until: OffsetDateTime,
    /// Goes to Stripe beside our own entries.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "wire::or_default")]
    pub metadata: BTreeMap<String, String>,
}

/// Asks to end the purchase so that nothing of it can be paid any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClosePurchase {
    /// The caller's generation of the order.
    #[serde(default, deserialize_with = "wire::integer")]
    pub generation: i64,
}

/// What is paid for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PurchaseKind {
    /// An order of the shop.
    Order,
    /// A booking of another team's platform.
    Booking,
}

/// Whether attempts to pay can be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PurchaseState {
    /// They can.
    Open,
    /// They cannot.
    Closed,
}

/// What a close came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CloseOutcome {
    /// Nothing of it can be paid any more.
    Closed,
    /// It was paid: settle.
    Paid,
    /// A delayed method is under way: wait and ask again.
    Processing,
    /// Stripe's answer is not known: wait and ask again.
    Unknown,
}

/// A purchase and all its payments.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Purchase {
    /// The order's or booking's id.
    pub id: String,
    /// Which of them.
    pub kind: PurchaseKind,
    /// Whether attempts to pay can be made.
    pub state: PurchaseState,
    /// The newest generation payment-service heard of.
    #[serde(default, deserialize_with = "wire::integer")]
    pub generation: i64,
    /// By rising attempt.
    #[serde(default, deserialize_with = "wire::or_default")]
    pub payments: Vec<PaymentState>,
    /// Only in the answer to a close.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<CloseOutcome>,
}

impl Purchase {
    /// The newest attempt, if there was any.
    #[must_use]
    pub fn newest(&self) -> Option<&PaymentState> {
        self.payments.iter().max_by_key(|payment| payment.snapshot.attempt)
    }
}

/// One attempt to pay, as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PaymentState {
    /// The event that published this snapshot; absent before the first one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_id: Option<EventId>,
    /// As on Kafka: apply it by `sequence`.
    pub snapshot: PaymentSnapshot,
    /// Where the customer pays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// For Stripe's own form in a browser; belongs into no log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_secret: Option<String>,
    /// When it can no longer be paid, UTC.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "wire::optional_timestamp")]
    pub expires_at: Option<OffsetDateTime>,
    /// When the attempt was stored, UTC.
    #[serde(with = "wire::timestamp")]
    pub created_at: OffsetDateTime,
}
