//! What Stripe says about one payment, whoever asked and however it came.

use kernel::{Money, PaymentId};
use time::OffsetDateTime;

use super::{Decline, PaymentError, Refund};

/// One thing that is true about a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fact {
    /// Its Session exists.
    Opened,
    /// A delayed method was started.
    Processing,
    /// An attempt was refused; the Session goes on.
    Declined(Decline),
    /// Its Session ended unpaid.
    Expired,
    /// Its PaymentIntent was cancelled.
    Cancelled,
    /// A delayed method failed.
    Failed(PaymentError),
    /// It is proven that Stripe has no Session for it. Excludes every other fact.
    NeverOpened(PaymentError),
    /// Money was captured.
    Succeeded(Capture),
    /// Money went back, or is meant to.
    Refunded(Refund),
}

/// Captured money.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Capture {
    /// How much.
    pub(crate) received: Money,
    /// By what (`card`, `paypal`), if the source says.
    pub(crate) method: Option<String>,
    /// Stripe's receipt.
    pub(crate) receipt_url: Option<String>,
}

/// Which payment is spoken of, as far as the source knows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Subject {
    /// From our metadata.
    pub(crate) payment_id: Option<PaymentId>,
    /// `cs_…`
    pub(crate) session_id: Option<String>,
    /// `pi_…`
    pub(crate) intent_id: Option<String>,
}

/// What a Session tells beyond its state.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct SessionDetails {
    /// Stripe's hosted page.
    pub(crate) url: Option<String>,
    /// For embedded pages.
    pub(crate) client_secret: Option<String>,
    /// When it ends.
    pub(crate) expires_at: Option<OffsetDateTime>,
    /// What the customer typed at Stripe.
    pub(crate) email: Option<String>,
}

/// One look at one of Stripe's objects.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Observation {
    /// Which payment.
    pub(crate) subject: Subject,
    /// `false` for test objects; `None` when the source does not say.
    pub(crate) livemode: Option<bool>,
    /// What the object is worth, to be compared with what we asked for.
    pub(crate) money: Option<Money>,
    /// What a Session tells beyond its state.
    pub(crate) details: SessionDetails,
    /// What is true, in the order it became so.
    pub(crate) facts: Vec<Fact>,
}

impl Observation {
    /// Whether it shows a Session that can still be paid.
    pub(crate) fn is_payable(&self) -> bool {
        self.facts.contains(&Fact::Opened)
            && self.facts.iter().all(|fact| matches!(fact, Fact::Opened | Fact::Declined(_)))
    }
}
