//! An order as a whole.

use kernel::{Money, OrderId, ProductId};
use time::{Duration, OffsetDateTime};

use crate::domain::address::Address;
use crate::domain::payment_status::Shown;
use crate::domain::state::State;

/// How long whoever began to close an order has before a worker asks again.
const CLOSING_PATIENCE: Duration = Duration::seconds(2);
/// How much longer than its Session an order is held.
pub(crate) const AFTER_SESSION: Duration = Duration::minutes(10);
/// The shortest life of a Session made by payment-service: Stripe's half hour, and six minutes for clocks.
const SHORTEST_SESSION: Duration = Duration::minutes(36);
/// The shortest hold that outlives every Session that is made for it.
pub(crate) const COVERING_HOLD: Duration = SHORTEST_SESSION.saturating_add(AFTER_SESSION);

/// What became of the stock of an order's lines; one word for all of them, as it is all or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StockState {
    /// Never held: made from a payment whose goods were not there.
    None,
    Held,
    /// Taken out of the stock for good.
    Committed,
    Released,
}

impl StockState {
    pub(crate) const ALL: [Self; 4] = [Self::None, Self::Held, Self::Committed, Self::Released];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Held => "held",
            Self::Committed => "committed",
            Self::Released => "released",
        }
    }
}

/// Who bought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Buyer {
    /// The user id of the JWT.
    User(String),
    Guest,
}

/// How guests are called in answers and events.
pub(crate) const GUEST: &str = "guest";

impl Buyer {
    /// `guest` or the user's id.
    pub(crate) fn from_text(text: String) -> Self {
        if text == GUEST { Self::Guest } else { Self::User(text) }
    }

    pub(crate) fn as_str(&self) -> &str {
        match self {
            Self::User(id) => id,
            Self::Guest => GUEST,
        }
    }

    pub(crate) fn is_user(&self, id: &str) -> bool {
        matches!(self, Self::User(own) if own == id)
    }
}

/// One line of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Item {
    /// Absent when a direct payment named something the catalogue does not know.
    pub(crate) product_id: Option<ProductId>,
    pub(crate) name: String,
    pub(crate) quantity: u32,
    /// Price of one.
    pub(crate) unit: Money,
    pub(crate) image: Option<String>,
}

/// Where the buyer is sent after the payment page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Redirects {
    pub(crate) success_url: String,
    pub(crate) cancel_url: String,
}

/// What of a guest's order token is stored, so that it can be minted again and checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct StoredToken {
    /// SHA-256 of the token.
    pub(crate) hash: [u8; 32],
    pub(crate) issued_at: OffsetDateTime,
}

/// An order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Order {
    pub(crate) id: OrderId,
    pub(crate) number: String,
    pub(crate) buyer: Buyer,
    /// A guest's name, as given at checkout.
    pub(crate) buyer_name: Option<String>,
    pub(crate) email: Option<String>,
    /// Language tag for mails.
    pub(crate) locale: String,
    pub(crate) state: State,
    pub(crate) payment_status: Shown,
    /// Grows when an expired order holds its stock again; calls to payment-service carry it.
    pub(crate) generation: i64,
    pub(crate) stock: StockState,
    pub(crate) items: Vec<Item>,
    pub(crate) subtotal: Money,
    pub(crate) shipping: Money,
    pub(crate) total: Money,
    pub(crate) address: Option<Address>,
    /// What the buyer chose, then what was used.
    pub(crate) method: Option<String>,
    pub(crate) redirects: Redirects,
    pub(crate) token: Option<StoredToken>,
    pub(crate) token_revision: u32,
    /// Counts the snapshots published of this order.
    pub(crate) sequence: i64,
    pub(crate) created_at: OffsetDateTime,
    pub(crate) updated_at: OffsetDateTime,
}

impl Order {
    /// Until when the stock of a pending order is held.
    pub(crate) const fn hold_until(&self) -> Option<OffsetDateTime> {
        match self.state {
            State::Pending(pending) => Some(pending.hold_until),
            _ => None,
        }
    }

    /// When a worker has to look at it: at its deadline, or soon if it is closing.
    pub(crate) fn due_at(&self) -> Option<OffsetDateTime> {
        match self.state {
            State::Pending(pending) if pending.closing.is_some() => Some(self.updated_at + CLOSING_PATIENCE),
            State::Pending(pending) => Some(pending.hold_until),
            _ => None,
        }
    }

    /// Whether payment-service is being asked to take no more money.
    pub(crate) const fn is_closing(&self) -> bool {
        matches!(self.state, State::Pending(pending) if pending.closing.is_some())
    }
}
