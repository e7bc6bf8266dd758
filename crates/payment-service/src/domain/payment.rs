//! One attempt to pay a purchase.

use std::collections::BTreeMap;

use kernel::{EventId, Money, PaymentId};
use time::OffsetDateTime;

use super::{Decline, Observation, PaymentError, Refund, Status};

/// One attempt to pay a purchase: at most one Session at Stripe, at most one capture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Payment {
    /// Made before Stripe is called, and put into the metadata there.
    pub(crate) id: PaymentId,
    /// What it pays.
    pub(crate) purchase_id: String,
    /// 1 for the first of a purchase.
    pub(crate) attempt: u32,
    /// The purchase's generation it was begun in.
    pub(crate) generation: i64,
    /// The maximum over the facts so far.
    pub(crate) status: Status,
    /// How many snapshots were published; 0 while nobody has heard of it.
    pub(crate) sequence: i64,
    /// What was asked for.
    pub(crate) money: Money,
    /// Captured minor units.
    pub(crate) received: i64,
    /// `cs_…`
    pub(crate) session_id: Option<String>,
    /// `pi_…`
    pub(crate) intent_id: Option<String>,
    /// Stripe's hosted page.
    pub(crate) url: Option<String>,
    /// For embedded pages.
    pub(crate) client_secret: Option<String>,
    /// When the Session ends, by itself or as asked for.
    pub(crate) expires_at: OffsetDateTime,
    /// What the customer typed at Stripe, where we knew no address.
    pub(crate) email: Option<String>,
    /// `card`, `paypal` …, once known.
    pub(crate) method: Option<String>,
    /// Stripe's receipt.
    pub(crate) receipt_url: Option<String>,
    /// Refused attempts by their key.
    pub(crate) declines: BTreeMap<String, Decline>,
    /// Why it failed as a whole.
    pub(crate) failure: Option<PaymentError>,
    /// Money given back, by refund id.
    pub(crate) refunds: BTreeMap<String, Refund>,
    /// Real money or test.
    pub(crate) livemode: bool,
    /// The event that published the newest snapshot.
    pub(crate) last_event_id: Option<EventId>,
    /// The trace it was begun in (W3C `traceparent`): whatever is told about it later belongs there, too.
    pub(crate) traceparent: Option<String>,
    /// When it was begun.
    pub(crate) created_at: OffsetDateTime,
}

impl Payment {
    /// Minor units given back: pending and succeeded refunds, as Stripe counts.
    pub(crate) fn refunded(&self) -> i64 {
        let counted = self.refunds.values().filter(|refund| refund.status.counts());
        counted.fold(0, |sum, refund| sum.saturating_add(refund.amount))
    }

    /// Minor units that may still be given back.
    pub(crate) fn refundable(&self) -> i64 {
        self.received.saturating_sub(self.refunded()).max(0)
    }

    /// Whether captured money is still ours.
    pub(crate) fn is_paid(&self) -> bool {
        self.status == Status::Succeeded && self.refundable() > 0
    }

    /// What to tell about the last thing that went wrong: the newest decline, else the failure as a whole.
    pub(crate) fn last_error(&self) -> Option<&PaymentError> {
        let newest = self.declines.values().max_by_key(|decline| (decline.at, decline.key.as_str()));
        newest.map(|decline| &decline.error).or(self.failure.as_ref())
    }

    /// Takes over what an observation tells beside its facts. What is known stays.
    pub(super) fn learn(&mut self, seen: &Observation) {
        fn fill<T: Clone>(known: &mut Option<T>, told: Option<&T>) {
            if known.is_none() {
                *known = told.cloned();
            }
        }
        fill(&mut self.session_id, seen.subject.session_id.as_ref());
        fill(&mut self.intent_id, seen.subject.intent_id.as_ref());
        fill(&mut self.url, seen.details.url.as_ref());
        fill(&mut self.client_secret, seen.details.client_secret.as_ref());
        fill(&mut self.email, seen.details.email.as_ref());
        if let Some(end) = seen.details.expires_at {
            self.expires_at = end;
        }
    }
}
