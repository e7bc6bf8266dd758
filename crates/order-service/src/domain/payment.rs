//! What order-service knows of one payment: the newest snapshot of it, ranked by its sequence.

use kernel::{Money, PaymentId};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// Where a payment stands, in payment-service's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum PaymentStatus {
    Created,
    Open,
    Processing,
    Expired,
    Cancelled,
    Failed,
    Succeeded,
}

impl PaymentStatus {
    /// A word a newer payment-service may have invented is taken as 'still open': nothing follows from it.
    pub(crate) fn from_text(text: &str) -> Self {
        match text {
            "created" => Self::Created,
            "processing" => Self::Processing,
            "expired" => Self::Expired,
            "cancelled" => Self::Cancelled,
            "failed" => Self::Failed,
            "succeeded" => Self::Succeeded,
            _ => Self::Open,
        }
    }

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

    /// Whether money may still come.
    pub(crate) const fn is_live(self) -> bool {
        matches!(self, Self::Created | Self::Open | Self::Processing)
    }
}

/// Why the latest try to pay was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LastError {
    pub(crate) code: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) decline_code: Option<String>,
    pub(crate) message: String,
    pub(crate) retryable: bool,
}

/// One attempt to pay an order, as of `sequence`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Payment {
    pub(crate) id: PaymentId,
    /// Counts the attempts of one order from 1.
    pub(crate) attempt: u32,
    /// Grows by one with every snapshot payment-service publishes of this payment.
    pub(crate) sequence: i64,
    pub(crate) status: PaymentStatus,
    /// What it asks for or has captured.
    pub(crate) money: Money,
    /// Minor units.
    pub(crate) amount_refunded: i64,
    pub(crate) declines: u32,
    pub(crate) last_error: Option<LastError>,
    pub(crate) details: Details,
    /// When the first snapshot of it was made, as far as is known.
    pub(crate) created_at: OffsetDateTime,
}

/// What only some of a payment's events carry. It never changes once known, so it is filled in from
/// whichever event brings it, a superseded one too.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Details {
    pub(crate) session_id: Option<String>,
    pub(crate) payment_intent_id: Option<String>,
    pub(crate) url: Option<String>,
    pub(crate) expires_at: Option<OffsetDateTime>,
    /// `card`, `paypal`, …
    pub(crate) method: Option<String>,
}

impl Details {
    fn filled_from(self, other: Self) -> Self {
        Self {
            session_id: self.session_id.or(other.session_id),
            payment_intent_id: self.payment_intent_id.or(other.payment_intent_id),
            url: self.url.or(other.url),
            expires_at: self.expires_at.or(other.expires_at),
            method: self.method.or(other.method),
        }
    }
}

impl Payment {
    /// Whether it may still be paid at `now`: an open Session past its end is not, though its end was not heard of.
    pub(crate) fn is_payable(&self, now: OffsetDateTime) -> bool {
        let over = self.details.expires_at.is_some_and(|end| end <= now);
        self.status.is_live() && !(self.status == PaymentStatus::Open && over)
    }

    /// Captured and not given back, in minor units.
    pub(crate) const fn kept(&self) -> i64 {
        self.money.amount.saturating_sub(self.amount_refunded)
    }
}

/// What a snapshot did to what was known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Newer than what was known of this payment.
    Advanced,
    /// As old or older; `filled` when it still brought a detail that was missing.
    Superseded { filled: bool },
}

/// Applies a snapshot to the payments of its order. Never refused: ranked by the payment's own sequence.
pub(crate) fn apply(payments: &mut Vec<Payment>, snapshot: Payment) -> Outcome {
    let Some(known) = payments.iter_mut().find(|payment| payment.id == snapshot.id) else {
        payments.push(snapshot);
        payments.sort_by_key(|payment| (payment.attempt, payment.id));
        return Outcome::Advanced;
    };
    let created_at = known.created_at.min(snapshot.created_at);
    // An attempt that came to nothing is never published: it ends with the number it was shown with while under way.
    let ended = known.status == PaymentStatus::Created && !snapshot.status.is_live();
    if snapshot.sequence > known.sequence || (snapshot.sequence == known.sequence && ended) {
        let details = snapshot.details.filled_from(std::mem::take(&mut known.details));
        *known = Payment { details, created_at, ..snapshot };
        return Outcome::Advanced;
    }
    let before = known.details.clone();
    known.details = std::mem::take(&mut known.details).filled_from(snapshot.details);
    let filled = known.details != before || known.created_at != created_at;
    known.created_at = created_at;
    Outcome::Superseded { filled }
}
