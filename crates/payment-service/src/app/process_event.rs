//! What a stored webhook does to a payment. Run inside the webhook's own transaction, and by the sweeper for those
//! that had to wait.

use kernel::PaymentId;
use sea_orm::DatabaseTransaction;

use super::announce::News;
use super::apply_facts::{Source, apply_facts};
use super::attempt::locked;
use super::ports::{StripeEvent, Tidings};
use super::{App, UseCaseError};
use crate::domain::{Fact, Observation, Outcome, Refund};
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

/// Applies what the event says. `refunds` are those of its charge, if they have been asked for.
pub(super) async fn process(
    app: &App,
    tx: &DatabaseTransaction,
    event: &StripeEvent,
    refunds: Option<&[Refund]>,
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
        match (refunds, &seen.subject.intent_id) {
            (Some(refunds), _) => add_refunds(&mut seen, refunds),
            (None, Some(intent_id)) => return Ok(Processed::NeedsRefunds { intent_id: intent_id.clone() }),
            (None, None) => {
                return Ok(Processed::Settled(State::Quarantined, Some("a charge without its intent")));
            }
        }
    }
    apply(app, tx, (payment_id, &seen), event, news).await
}

fn add_refunds(seen: &mut Observation, refunds: &[Refund]) {
    seen.facts.retain(|fact| !matches!(fact, Fact::Refunded(_)));
    seen.facts.extend(refunds.iter().cloned().map(Fact::Refunded));
}

async fn apply(
    app: &App,
    tx: &DatabaseTransaction,
    (payment_id, seen): (PaymentId, &Observation),
    event: &StripeEvent,
    news: &mut News,
) -> Result<Processed, UseCaseError> {
    let (purchase, mut payment) = locked(tx, payment_id).await?;
    let source = Source { name: "webhook", stripe_event_id: Some(&event.id) };
    let outcome = apply_facts(app, tx, (&purchase, &mut payment), seen, source, news).await?;
    Ok(match outcome {
        Outcome::Advanced | Outcome::Superseded => Processed::Settled(State::Processed, None),
        Outcome::Contradiction(reason) => Processed::Settled(State::Quarantined, Some(reason)),
        Outcome::Premature(reason) => {
            Processed::Waits { reason: reason.to_owned(), payment_id: Some(payment_id) }
        }
    })
}
