//! The states of a payment, in the order of their rank.

use std::fmt;
use std::str::FromStr;

/// A stored word that this build does not know.
#[derive(Debug, thiserror::Error)]
#[error("unknown {what} in the database")]
pub(crate) struct UnknownWord {
    /// Which column.
    pub(crate) what: &'static str,
}

/// Where a payment stands. The order of the variants *is* the rank: a payment's status is the maximum over all
/// facts about it, so that it never loses rank.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Status {
    /// Ours alone: Stripe was, or is about to be, asked for a Session.
    Created,
    /// The Session exists and can be paid.
    Open,
    /// A delayed method was started; money may follow.
    Processing,
    /// The Session ended unpaid.
    Expired,
    /// The PaymentIntent was cancelled.
    Cancelled,
    /// A delayed method failed, or the Session never came to be.
    Failed,
    /// Money was captured.
    Succeeded,
}

impl Status {
    const ALL: [Self; 7] = [
        Self::Created,
        Self::Open,
        Self::Processing,
        Self::Expired,
        Self::Cancelled,
        Self::Failed,
        Self::Succeeded,
    ];

    /// The word of the event contract and of the database.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Open => "open",
            Self::Processing => "processing",
            Self::Expired => "expired",
            Self::Cancelled => "cancelled",
            Self::Failed => "failed",
            Self::Succeeded => "succeeded",
        }
    }

    /// Whether the customer may still pay it. A purchase has at most one such payment.
    pub(crate) const fn is_live(self) -> bool {
        matches!(self, Self::Created | Self::Open | Self::Processing)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Status {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        Self::ALL.into_iter().find(|status| status.as_str() == text).ok_or(UnknownWord { what: "status" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_are_those_of_the_design() {
        let words: Vec<_> = Status::ALL.iter().map(|status| status.as_str()).collect();
        assert_eq!(words, ["created", "open", "processing", "expired", "cancelled", "failed", "succeeded"]);
        assert!(Status::ALL.is_sorted());
        for status in Status::ALL {
            assert_eq!(status.as_str().parse::<Status>().unwrap(), status);
        }
        assert!("refunded".parse::<Status>().is_err());
    }
}
