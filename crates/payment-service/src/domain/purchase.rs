//! What is paid for: an order, with at most one live payment at a time.

use std::collections::BTreeMap;
use std::str::FromStr;

use kernel::{Currency, Money, MoneyError, ProductId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;

use super::UnknownWord;

/// What a purchase stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// An order of the shop.
    Order,
    /// Another team's booking.
    Booking,
}

impl Kind {
    /// The word of the database and of the internal API.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Order => "order",
            Self::Booking => "booking",
        }
    }
}

impl FromStr for Kind {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        match text {
            "order" => Ok(Self::Order),
            "booking" => Ok(Self::Booking),
            _ => Err(UnknownWord { what: "kind" }),
        }
    }
}

/// Whether a purchase may get another Session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PurchaseState {
    /// It may.
    Open,
    /// It may not, and whatever Session there is has to end.
    Closed,
}

impl PurchaseState {
    /// The word of the database and of the internal API.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Closed => "closed",
        }
    }
}

impl FromStr for PurchaseState {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        match text {
            "open" => Ok(Self::Open),
            "closed" => Ok(Self::Closed),
            _ => Err(UnknownWord { what: "purchase state" }),
        }
    }
}

/// One line of what is bought.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Item {
    /// The catalogue's id, if the caller knows it.
    pub(crate) product_id: Option<ProductId>,
    /// As on the bill.
    pub(crate) name: String,
    /// 1 to 999.
    pub(crate) quantity: u32,
    /// Minor units of the purchase's currency.
    pub(crate) unit_amount: i64,
    /// A picture's address.
    pub(crate) image: Option<String>,
}

/// The sum of the lines.
///
/// # Errors
/// `Overflow`.
pub(crate) fn total(items: &[Item], currency: Currency) -> Result<Money, MoneyError> {
    items.iter().try_fold(Money::zero(currency), |sum, item| {
        sum.checked_add(Money::new(item.unit_amount, currency).checked_mul(item.quantity)?)
    })
}

/// Where Stripe's page sends the customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Redirects {
    /// After paying; `{CHECKOUT_SESSION_ID}` in it is replaced by Stripe.
    pub(crate) success_url: String,
    /// After turning back.
    pub(crate) cancel_url: String,
}

/// An order or a booking, and the lock of all its payments.
#[derive(Debug, Clone)]
pub(crate) struct Purchase {
    /// The order's or booking's id.
    pub(crate) id: String,
    /// What it stands for.
    pub(crate) kind: Kind,
    /// Whether it may get another Session.
    pub(crate) state: PurchaseState,
    /// Grows when an expired order holds its stock again; older calls change nothing.
    pub(crate) generation: i64,
    /// The buyer's id, or `guest`.
    pub(crate) user_id: String,
    /// Where mails go.
    pub(crate) email: Option<String>,
    /// What is to be paid.
    pub(crate) money: Money,
    /// What for.
    pub(crate) items: Vec<Item>,
    /// As it came (the contract's camelCase).
    pub(crate) shipping_address: Option<Value>,
    /// Where Stripe's page sends the customer.
    pub(crate) redirects: Redirects,
    /// Stripe's words; never empty.
    pub(crate) payment_method_types: Vec<String>,
    /// The caller's own pairs, put beside ours on Stripe's objects.
    pub(crate) metadata: BTreeMap<String, String>,
    /// How many payments were begun.
    pub(crate) attempts: u32,
    /// When a closed purchase's live payment is looked after next; `None` when nothing is left to end.
    pub(crate) close_due: Option<OffsetDateTime>,
    /// When it was first heard of.
    pub(crate) created_at: OffsetDateTime,
}

impl Purchase {
    /// Whether it may get another Session.
    pub(crate) const fn is_open(&self) -> bool {
        matches!(self.state, PurchaseState::Open)
    }
}
