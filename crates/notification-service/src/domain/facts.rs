//! What is known of orders, payments and refunds: enough to write a mail from it at any time.

use kernel::Currency;
use serde::{Deserialize, Serialize};

use super::clean;

/// What is known of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct OrderFacts {
    pub(crate) order_id: String,
    pub(crate) order_number: String,
    pub(crate) lines: Vec<Line>,
    /// Minor units.
    pub(crate) amount: i64,
    pub(crate) currency: Currency,
}

/// What is known of a failed attempt to pay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PaymentFacts {
    pub(crate) purchase: Purchase,
    pub(crate) lines: Vec<Line>,
    /// Minor units.
    pub(crate) amount: i64,
    pub(crate) currency: Currency,
    /// Stripe's error code.
    pub(crate) code: String,
    /// Stripe's decline code.
    pub(crate) decline_code: Option<String>,
}

/// What is known of money that went back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RefundFacts {
    pub(crate) purchase: Purchase,
    /// What went back with this refund, in minor units.
    pub(crate) amount: i64,
    pub(crate) currency: Currency,
    pub(crate) cause: RefundCause,
}

/// Why money went back, as far as the customer should be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RefundCause {
    /// It came after the order had ended.
    Late,
    /// The order was paid already.
    Excess,
    /// The goods could not be had.
    Unavailable,
    /// Anything else, such as what was agreed on with the shop.
    Other,
}

impl RefundCause {
    /// From the word on the event.
    pub(crate) fn from_text(reason: Option<&str>) -> Self {
        match reason {
            Some("late") => Self::Late,
            Some("excess") => Self::Excess,
            Some("cancelled") => Self::Unavailable,
            _ => Self::Other,
        }
    }

    /// One sentence; none where there is nothing certain to say.
    pub(crate) const fn sentence(self) -> Option<&'static str> {
        match self {
            Self::Late => {
                Some("Your payment arrived after the order had ended, and it could not be filled any more.")
            }
            Self::Excess => Some("The order was paid already, so this payment was one too many."),
            Self::Unavailable => Some("Its items could not be supplied."),
            Self::Other => None,
        }
    }
}

/// What a payment is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "id", rename_all = "snake_case")]
pub(crate) enum Purchase {
    /// An order of the shop.
    Order(String),
    /// A booking of another platform.
    Booking(String),
}

impl Purchase {
    /// Its id, whatever it is.
    pub(crate) fn id(&self) -> &str {
        match self {
            Self::Order(id) | Self::Booking(id) => id,
        }
    }
}

/// One line of the table of items.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Line {
    pub(crate) name: String,
    pub(crate) quantity: u32,
    /// Minor units, for one.
    pub(crate) unit_amount: i64,
}

impl Line {
    /// A line whose name is fit for mail: one line of text, however it arrived.
    pub(crate) fn new(name: &str, quantity: u32, unit_amount: i64) -> Self {
        Self { name: clean(name), quantity, unit_amount }
    }

    /// Minor units, for all of them.
    pub(crate) fn amount(&self) -> i64 {
        self.unit_amount.saturating_mul(i64::from(self.quantity))
    }
}
