//! The facts a mail is written from, as stored with the notification: enough to render it at any time.

use kernel::Currency;
use serde::{Deserialize, Serialize};

use super::{Kind, Line, OrderFacts, PaymentFacts, Purchase, RefundFacts, clean};

/// A mail's facts, by kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Letter {
    /// The order is paid.
    OrderConfirmed(OrderFacts),
    /// The order is paid although it had ended: the same mail in other words.
    OrderRevived(OrderFacts),
    /// An attempt to pay failed.
    PaymentFailed(PaymentFacts),
    /// The order was cancelled.
    OrderCancelled(OrderFacts),
    /// The order was not paid in time.
    OrderExpired(OrderFacts),
    /// Money went back.
    PaymentRefunded(RefundFacts),
}

impl Letter {
    /// Which kind of mail it is.
    pub(crate) const fn kind(&self) -> Kind {
        match self {
            Self::OrderConfirmed(_) | Self::OrderRevived(_) => Kind::OrderConfirmed,
            Self::PaymentFailed(_) => Kind::PaymentFailed,
            Self::OrderCancelled(_) => Kind::OrderCancelled,
            Self::OrderExpired(_) => Kind::OrderExpired,
            Self::PaymentRefunded(_) => Kind::PaymentRefunded,
        }
    }

    /// The template's name: the kind's, but for an order that was paid after its end.
    pub(crate) const fn template(&self) -> &'static str {
        match self {
            Self::OrderRevived(_) => "order_revived",
            _ => self.kind().name(),
        }
    }

    /// The order it is about, unless it is about money alone.
    const fn order(&self) -> Option<&OrderFacts> {
        match self {
            Self::OrderConfirmed(order)
            | Self::OrderRevived(order)
            | Self::OrderCancelled(order)
            | Self::OrderExpired(order) => Some(order),
            Self::PaymentFailed(_) | Self::PaymentRefunded(_) => None,
        }
    }

    /// What is bought, where only money is spoken of.
    pub(crate) const fn purchase(&self) -> Option<&Purchase> {
        match self {
            Self::PaymentFailed(payment) => Some(&payment.purchase),
            Self::PaymentRefunded(refund) => Some(&refund.purchase),
            _ => None,
        }
    }

    /// The id of what is being bought.
    pub(crate) fn purchase_id(&self) -> &str {
        let order = self.order().map(|order| order.order_id.as_str());
        order.or_else(|| self.purchase().map(Purchase::id)).unwrap_or_default()
    }

    /// The items bought. None beside a refund: its sum need not be theirs.
    pub(crate) fn lines(&self) -> &[Line] {
        match self {
            Self::PaymentFailed(payment) => &payment.lines,
            _ => self.order().map_or(&[], |order| &order.lines),
        }
    }

    /// The sum, in minor units of the currency: of a refund, what went back.
    pub(crate) const fn total(&self) -> (i64, Currency) {
        match self {
            Self::PaymentFailed(payment) => (payment.amount, payment.currency),
            Self::PaymentRefunded(refund) => (refund.amount, refund.currency),
            Self::OrderConfirmed(order)
            | Self::OrderRevived(order)
            | Self::OrderCancelled(order)
            | Self::OrderExpired(order) => (order.amount, order.currency),
        }
    }

    /// The mail's subject line: one line, whatever the facts contain.
    pub(crate) fn subject_line(&self) -> String {
        let text = match self {
            Self::OrderConfirmed(order) => format!("Order {} is confirmed", order.order_number),
            Self::OrderRevived(order) => format!("Order {} is confirmed after all", order.order_number),
            Self::OrderCancelled(order) => format!("Order {} was cancelled", order.order_number),
            Self::OrderExpired(order) => format!("Order {} has expired", order.order_number),
            Self::PaymentFailed(PaymentFacts { purchase: Purchase::Order(_), .. }) => {
                "Your payment did not go through: your order is waiting".to_owned()
            }
            Self::PaymentFailed(_) => "Your payment did not go through: your booking is waiting".to_owned(),
            Self::PaymentRefunded(_) => "We have refunded your payment".to_owned(),
        };
        clean(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::RefundCause;

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
        let refund = RefundFacts {
            purchase: Purchase::Order("o".into()),
            amount: 30,
            currency: Currency::USD,
            cause: RefundCause::Late,
        };
        for letter in [
            Letter::OrderCancelled(order("T-2")),
            Letter::OrderExpired(order("T-3")),
            Letter::OrderRevived(order("T-4")),
            Letter::PaymentRefunded(refund),
        ] {
            let json = serde_json::to_value(&letter).unwrap();
            assert_eq!(json["kind"], letter.template());
            assert_eq!(serde_json::from_value::<Letter>(json).unwrap(), letter);
        }
    }
}
