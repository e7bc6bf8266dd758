//! The kinds of mail there are.

/// What a mail is about. One mail per kind and subject, ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    /// An order is paid; the subject is the order.
    OrderConfirmed,
    /// An attempt to pay was declined; the subject is the payment.
    PaymentFailed,
    /// An order was cancelled; the subject is the order.
    OrderCancelled,
    /// An order was not paid in time; the subject is the order.
    OrderExpired,
    /// Money went back; the subject is the refund.
    PaymentRefunded,
}

impl Kind {
    /// The stable name, as in the table, the metrics and the logs.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::OrderConfirmed => "order_confirmed",
            Self::PaymentFailed => "payment_failed",
            Self::OrderCancelled => "order_cancelled",
            Self::OrderExpired => "order_expired",
            Self::PaymentRefunded => "payment_refunded",
        }
    }
}
