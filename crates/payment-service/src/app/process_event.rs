//! What a stored webhook does to a payment. Run inside the webhook's own transaction, and by the sweeper for those
//! that had to wait.

use kernel::PaymentId;
use sea_orm::DatabaseTransaction;

use super::announce::News;
use super::apply_facts::{Source, apply_facts};
use super::attempt::locked;
use super::ports::{StripeEvent, Tidings};
use super::snapshot::email;
use super::{App, UseCaseError};
use crate::domain::{Fact, Observation, Outcome, Payment, Purchase, Refund, Status};
use crate::store::payments;
use crate::store::stripe_events::State;

/// Why an event waits whose metadata names a payment that is not in our database.
pub(super) const UNKNOWN_PAYMENT: &str = "the payment is not known";

/// What became of a webhook.
#[derive(Debug)]
pub(super) enum Processed {
    /// Its final state, and why if it is a bad one.
    Settled(State, Option<&'static str>),
    /// Something it builds on is not there yet.
    Waits {
        /// What.
        reason: String,
        /// The payment that Stripe can be asked about.
        payment_id: Option<PaymentId>,
    },
    /// It tells that there are refunds, and not which: ask Stripe, outside of the transaction.
    NeedsRefunds {
        /// Whose refunds.
        intent_id: String,
    },
}

impl Processed {
    /// The state the event has now.
    pub(super) const fn state(&self) -> State {
        match self {
            Self::Settled(state, _) => *state,
            Self::Waits { .. } | Self::NeedsRefunds { .. } => State::Pending,
        }
    }
}

/// What Stripe was asked for before an event is applied.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Asked<'a> {
    /// The refunds of its charge.
    pub(super) refunds: Option<&'a [Refund]>,
    /// Its Session, as often as is worth waiting: what is not known of it by now has to be done without.
    pub(super) session: bool,
}

/// Applies what the event says.
pub(super) async fn process(
    app: &App,
    tx: &DatabaseTransaction,
    event: &StripeEvent,
    asked: Asked<'_>,
    news: &mut News,
) -> Result<Processed, UseCaseError> {
    let (seen, refunds_missing) = match &event.tidings {
        Tidings::Unknown => return Ok(Processed::Settled(State::Ignored, None)),
        Tidings::About(seen) => (seen, false),
        Tidings::RefundsMissing(seen) => (seen, true),
    };
    let located = payments::locate(tx, &seen.subject).await?;
    // Other things are paid through the same account, too.
    if located.is_none() && seen.subject.payment_id.is_none() {
        return Ok(Processed::Settled(State::Foreign, None));
    }
    let livemode = event.livemode.or(seen.livemode);
    if livemode.is_some_and(|livemode| livemode != app.policy.livemode) {
        return Ok(Processed::Settled(State::Quarantined, Some("livemode")));
    }
    let Some((payment_id, _)) = located else {
        return Ok(Processed::Waits { reason: UNKNOWN_PAYMENT.to_owned(), payment_id: None });
    };
    let mut seen = seen.clone();
    if refunds_missing {
        match (asked.refunds, &seen.subject.intent_id) {
            (Some(refunds), _) => add_refunds(&mut seen, refunds),
            (None, Some(intent_id)) => return Ok(Processed::NeedsRefunds { intent_id: intent_id.clone() }),
            (None, None) => {
                return Ok(Processed::Settled(State::Quarantined, Some("a charge without its intent")));
            }
        }
    }
    let (purchase, mut payment) = locked(tx, payment_id).await?;
    if !asked.session && lacks_address(&purchase, &payment, &seen) {
        let reason = "the buyer's address is not known yet".to_owned();
        return Ok(Processed::Waits { reason, payment_id: Some(payment_id) });
    }
    let source = Source { name: "webhook", stripe_event_id: Some(&event.id) };
    let outcome = apply_facts(app, tx, (&purchase, &mut payment), &seen, source, news).await?;
    Ok(match outcome {
        Outcome::Advanced | Outcome::Superseded => Processed::Settled(State::Processed, None),
        Outcome::Contradiction(reason) => Processed::Settled(State::Quarantined, Some(reason)),
        Outcome::Premature(reason) => {
            Processed::Waits { reason: reason.to_owned(), payment_id: Some(payment_id) }
        }
    })
}

/// Whether a success would be told without an address that its Session may hold: it is told once.
fn lacks_address(purchase: &Purchase, payment: &Payment, seen: &Observation) -> bool {
    payment.status < Status::Succeeded
        && seen.subject.session_id.is_none()
        && email(purchase, payment).is_none()
        && seen.facts.iter().any(|fact| matches!(fact, Fact::Succeeded(_)))
}

fn add_refunds(seen: &mut Observation, refunds: &[Refund]) {
    seen.facts.retain(|fact| !matches!(fact, Fact::Refunded(_)));
    seen.facts.extend(refunds.iter().cloned().map(Fact::Refunded));
}
