//! The topics of the contract, one per event type: `eventType` is the topic's name.

use std::fmt;
use std::str::FromStr;

/// A name that is no topic of this contract.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown topic `{0}`")]
pub struct UnknownTopic(pub String);

/// A topic, and the type of the events on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Topic {
    /// A Session or PaymentIntent exists.
    PaymentCreated,
    /// A delayed method was started, money may follow.
    PaymentProcessing,
    /// Money was captured.
    PaymentSuccessful,
    /// An attempt was declined, or a delayed method failed.
    PaymentFailed,
    /// The Session ended unpaid.
    PaymentExpired,
    /// A refund changed.
    PaymentRefunded,
    /// An order was placed.
    OrderCreated,
    /// An order was paid.
    OrderPaid,
    /// An order was cancelled.
    OrderCancelled,
    /// An order was not paid in time.
    OrderExpired,
    /// order-service wants money back.
    OrderRefundRequested,
    /// A product is new in the catalogue.
    ProductCreated,
    /// A product changed.
    ProductUpdated,
    /// A product left the catalogue.
    ProductDeleted,
}

impl Topic {
    /// Every topic.
    pub const ALL: &[Self] = &[
        Self::PaymentCreated,
        Self::PaymentProcessing,
        Self::PaymentSuccessful,
        Self::PaymentFailed,
        Self::PaymentExpired,
        Self::PaymentRefunded,
        Self::OrderCreated,
        Self::OrderPaid,
        Self::OrderCancelled,
        Self::OrderExpired,
        Self::OrderRefundRequested,
        Self::ProductCreated,
        Self::ProductUpdated,
        Self::ProductDeleted,
    ];

    /// The name on the broker, without any prefix.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::PaymentCreated => "payment.created",
            Self::PaymentProcessing => "payment.processing",
            Self::PaymentSuccessful => "payment.successful",
            Self::PaymentFailed => "payment.failed",
            Self::PaymentExpired => "payment.expired",
            Self::PaymentRefunded => "payment.refunded",
            Self::OrderCreated => "order.created",
            Self::OrderPaid => "order.paid",
            Self::OrderCancelled => "order.cancelled",
            Self::OrderExpired => "order.expired",
            Self::OrderRefundRequested => "order.refund_requested",
            Self::ProductCreated => "product.created",
            Self::ProductUpdated => "product.updated",
            Self::ProductDeleted => "product.deleted",
        }
    }

    /// The topic of that name (without prefix), if it is one of ours.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|topic| topic.name() == name)
    }
}

impl AsRef<str> for Topic {
    fn as_ref(&self) -> &str {
        self.name()
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Topic {
    type Err = UnknownTopic;

    fn from_str(name: &str) -> Result<Self, UnknownTopic> {
        Self::from_name(name).ok_or_else(|| UnknownTopic(name.to_owned()))
    }
}
