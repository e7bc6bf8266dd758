//! The facts a mail is written from, as stored with the notification: enough to render it at any time.

use kernel::Currency;
use serde::{Deserialize, Serialize};

use super::{Kind, clean};

/// A mail's facts, by kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Letter {
    /// The order is paid.
    OrderConfirmed(OrderFacts),
    /// An attempt to pay failed.
    PaymentFailed(PaymentFacts),
    /// The order was cancelled.
    OrderCancelled(OrderFacts),
    /// The order was not paid in time.
    OrderExpired(OrderFacts),
}

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

impl Letter {
    /// Which kind of mail it is.
    pub(crate) const fn kind(&self) -> Kind {
        match self {
            Self::OrderConfirmed(_) => Kind::OrderConfirmed,
            Self::PaymentFailed(_) => Kind::PaymentFailed,
            Self::OrderCancelled(_) => Kind::OrderCancelled,
            Self::OrderExpired(_) => Kind::OrderExpired,
        }
    }

    /// The id of what is being bought.
    pub(crate) fn purchase_id(&self) -> &str {
        match self {
            Self::PaymentFailed(payment) => payment.purchase.id(),
            Self::OrderConfirmed(order) | Self::OrderCancelled(order) | Self::OrderExpired(order) => {
                &order.order_id
            }
        }
    }

    /// The items bought.
    pub(crate) fn lines(&self) -> &[Line] {
        match self {
            Self::PaymentFailed(payment) => &payment.lines,
            Self::OrderConfirmed(order) | Self::OrderCancelled(order) | Self::OrderExpired(order) => {
                &order.lines
            }
        }
    }

    /// The sum, in minor units of the currency.
    pub(crate) const fn total(&self) -> (i64, Currency) {
        match self {
            Self::PaymentFailed(payment) => (payment.amount, payment.currency),
            Self::OrderConfirmed(order) | Self::OrderCancelled(order) | Self::OrderExpired(order) => {
                (order.amount, order.currency)
            }
        }
    }

    /// The mail's subject line: one line, whatever the facts contain.
    pub(crate) fn subject_line(&self) -> String {
        let text = match self {
            Self::OrderConfirmed(order) => format!("Order {} is confirmed", order.order_number),
            Self::OrderCancelled(order) => format!("Order {} was cancelled", order.order_number),
            Self::OrderExpired(order) => format!("Order {} has expired", order.order_number),
            Self::PaymentFailed(PaymentFacts { purchase: Purchase::Order(_), .. }) => {
                "Your payment did not go through: your order is waiting".to_owned()
            }
            Self::PaymentFailed(_) => "Your payment did not go through: your booking is waiting".to_owned(),
        };
        clean(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(order_number: &str) -> OrderFacts {
        OrderFacts {
            order_id: "o".into(),
            order_number: order_number.into(),
            lines: vec![],
            amount: 100,
            currency: Currency::USD,
        }
    }

    #[test]
    fn a_subject_is_one_line_whatever_the_facts_contain() {
        let letter = Letter::OrderConfirmed(order("T-1\r\nBcc: everyone@example.com"));
        let subject = letter.subject_line();
        assert_eq!(subject, "Order T-1 Bcc: everyone@example.com is confirmed");
    }

    #[test]
    fn facts_survive_storage() {
        for letter in [Letter::OrderCancelled(order("T-2")), Letter::OrderExpired(order("T-3"))] {
            let json = serde_json::to_value(&letter).unwrap();
            assert_eq!(json["kind"], letter.kind().name());
            assert_eq!(serde_json::from_value::<Letter>(json).unwrap(), letter);
        }
    }
}
