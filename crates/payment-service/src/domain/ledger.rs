//! What stands beside a payment's status: declines, and refunds with ranks of their own.

use std::fmt;
use std::str::FromStr;

use kernel::RefundRequestId;
use kernel::decline::advice;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::UnknownWord;

/// Why an attempt to pay did not work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PaymentError {
    /// Stripe's error code (`card_declined`).
    pub(crate) code: String,
    /// The issuer's reason (`insufficient_funds`).
    pub(crate) decline_code: Option<String>,
    /// One sentence for the customer.
    pub(crate) message: String,
    /// Whether the same method may work when tried again.
    pub(crate) retryable: bool,
}

impl PaymentError {
    /// The error of Stripe's codes, worded by the one table of advice.
    pub(crate) fn new(code: &str, decline_code: Option<&str>) -> Self {
        let advice = advice(decline_code, code);
        Self {
            code: code.to_owned(),
            decline_code: decline_code.map(str::to_owned),
            message: advice.message.to_owned(),
            retryable: advice.retryable,
        }
    }
}

/// One refused attempt within a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Decline {
    /// The charge's id, else the id of the Stripe event: what makes two reports one decline.
    pub(crate) key: String,
    /// Why.
    pub(crate) error: PaymentError,
    /// When Stripe said so first.
    pub(crate) at: OffsetDateTime,
}

/// A refund's state at Stripe. The order is the rank: a refund that succeeded may still fail, never the reverse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum RefundStatus {
    /// On its way.
    Pending,
    /// The customer has to do something.
    RequiresAction,
    /// The money went back.
    Succeeded,
    /// The money did not go back; it is ours again.
    Failed,
    /// Called off before it went.
    Canceled,
}

impl RefundStatus {
    const ALL: [Self; 5] =
        [Self::Pending, Self::RequiresAction, Self::Succeeded, Self::Failed, Self::Canceled];

    /// Stripe's word.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::RequiresAction => "requires_action",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Canceled => "canceled",
        }
    }

    /// The word on events, which know less of them.
    pub(crate) const fn published(self) -> &'static str {
        match self {
            Self::Pending | Self::RequiresAction => "pending",
            Self::Succeeded => "succeeded",
            Self::Failed | Self::Canceled => "failed",
        }
    }

    /// Whether the money counts as given back, as in Stripe's own `amount_refunded`.
    pub(crate) const fn counts(self) -> bool {
        !matches!(self, Self::Failed | Self::Canceled)
    }
}

impl fmt::Display for RefundStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for RefundStatus {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        let known = Self::ALL.into_iter().find(|status| status.as_str() == text);
        known.ok_or(UnknownWord { what: "refund status" })
    }
}

/// Money given back, or meant to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refund {
    /// Stripe's `re_…`.
    pub(crate) id: String,
    /// Minor units of the payment's currency.
    pub(crate) amount: i64,
    /// Where it stands.
    pub(crate) status: RefundStatus,
    /// Ours from the metadata, else Stripe's.
    pub(crate) reason: Option<String>,
    /// Our request it was made for.
    pub(crate) request_id: Option<RefundRequestId>,
}

#[cfg(test)]
mod tests {
    use super::RefundStatus;

    #[test]
    fn events_know_three_words() {
        let words = RefundStatus::ALL.map(RefundStatus::published);
        assert_eq!(words, ["pending", "pending", "succeeded", "failed", "failed"]);
    }
}
