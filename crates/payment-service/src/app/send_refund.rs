//! Sends a stored refund, or finds out what became of it.

use kernel::crash;
use messaging::database::transact;
use sea_orm::DatabaseTransaction;

use super::announce::News;
use super::apply_facts::{Source, apply_facts};
use super::attempt::{self, locked};
use super::ports::CallError;
use super::{App, UseCaseError, request_refund};
use crate::domain::{Fact, Observation, Payment, Refund, Subject};
use crate::store::refund_requests::{self, RefundRequest};
use crate::store::stripe_requests::{self, StoredRequest};

/// How often another refund is made after the one before is proven not to exist.
const ROUNDS: u32 = 5;

/// Sends the refund, or looks for it when its key may be forgotten at Stripe.
///
/// # Errors
/// When Stripe does not answer for good, or the database's.
pub(super) async fn resolve(app: &App, stored: &StoredRequest) -> Result<(), UseCaseError> {
    if attempt::is_old(app, stored) {
        return look(app, stored, Missing::Again).await;
    }
    crash::at("refund.stored");
    match app.stripe.create_refund(&attempt::prepared(stored)).await {
        Ok(refund) => {
            crash::at("refund.answered");
            settle(app, stored, Seen::Answer(&refund)).await
        }
        Err(CallError::Unknown { replayed: true }) => look(app, stored, Missing::Again).await,
        Err(CallError::Refused(refusal)) => {
            tracing::warn!(payment_id = %stored.payment_id, code = refusal.code, "Stripe refused a refund");
            look(app, stored, Missing::Failed).await
        }
        Err(error) => Err(error.into()),
    }
}

/// What Stripe showed.
#[derive(Debug, Clone, Copy)]
enum Seen<'a> {
    /// The refund that was asked for, whatever it says about itself.
    Answer(&'a Refund),
    /// All refunds of the payment, and what to do if it is not among them.
    List(&'a [Refund], Missing),
}

impl<'a> Seen<'a> {
    /// The request's refund, and what to do if there is none.
    fn of(self, request: Option<&RefundRequest>) -> (Option<&'a Refund>, Missing) {
        match self {
            Self::Answer(refund) => (Some(refund), Missing::Failed),
            Self::List(refunds, missing) => {
                let of = |request: &RefundRequest| {
                    refunds.iter().find(|refund| refund.request_id == Some(request.id))
                };
                (request.and_then(of), missing)
            }
        }
    }
}

/// What to do about a refund that is proven not to exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Missing {
    /// Make it, under a new key.
    Again,
    /// It cannot be made.
    Failed,
}

async fn look(app: &App, stored: &StoredRequest, missing: Missing) -> Result<(), UseCaseError> {
    let payment =
        crate::store::payments::find(&app.db, stored.payment_id).await?.ok_or(UseCaseError::NotFound)?;
    let refunds = match &payment.intent_id {
        Some(intent_id) => app.stripe.refunds(intent_id).await?,
        None => Vec::new(),
    };
    settle(app, stored, Seen::List(&refunds, missing)).await
}

/// Applies the refunds that were seen and settles the request if its own is among them.
async fn settle(app: &App, stored: &StoredRequest, seen: Seen<'_>) -> Result<(), UseCaseError> {
    let (failed, news) = transact(&app.db, async |tx: &DatabaseTransaction| {
        let (purchase, mut payment) = locked(tx, stored.payment_id).await?;
        let mut news = News::default();
        let facts = observation(&payment, seen);
        if !facts.facts.is_empty() {
            apply_facts(app, tx, (&purchase, &mut payment), &facts, Source::call("answer"), &mut news)
                .await?;
        }
        let requests = refund_requests::pending(tx, stored.payment_id).await?;
        let request = requests.into_iter().find(|request| Some(&request.reason) == stored.reference.as_ref());
        let (made, missing) = seen.of(request.as_ref());
        // Whoever finishes the call decides what follows. Another process that was at it as well comes too late: the
        // request is settled by now, or in a later round.
        let first = stripe_requests::finish(tx, &stored.id, made.is_some(), app.clock.now()).await?;
        let failed = match request {
            Some(request) if first => conclude(app, tx, &payment, request, (made, missing)).await?,
            _ => false,
        };
        Ok::<_, UseCaseError>((failed, news))
    })
    .await?;
    news.tell(app);
    if failed {
        app.metrics.alarm("refund_failed");
        tracing::error!(payment_id = %stored.payment_id, reason = stored.reference, "a refund that order-service asked for cannot be made");
    }
    Ok(())
}

fn observation(payment: &Payment, seen: Seen<'_>) -> Observation {
    let subject = Subject { payment_id: Some(payment.id), ..Subject::default() };
    let refunds = match seen {
        Seen::Answer(refund) => std::slice::from_ref(refund),
        Seen::List(refunds, _) => refunds,
    };
    let facts = refunds.iter().cloned().map(Fact::Refunded).collect();
    Observation { subject, facts, ..Observation::default() }
}

/// Whether the request failed for good.
async fn conclude(
    app: &App,
    tx: &DatabaseTransaction,
    payment: &Payment,
    request: RefundRequest,
    (made, missing): (Option<&Refund>, Missing),
) -> Result<bool, UseCaseError> {
    let now = app.clock.now();
    if let Some(made) = made {
        refund_requests::settle(tx, &request, Some(&made.id), now).await?;
        return Ok(false);
    }
    let left = payment.refundable().min(request.amount);
    if left == 0 {
        tracing::info!(payment_id = %payment.id, reason = request.reason, "the money was given back by somebody else");
        refund_requests::settle(tx, &request, None, now).await?;
        return Ok(false);
    }
    // Stripe refuses a whole that somebody else has given back a part of meanwhile: the rest is still due.
    let again = missing == Missing::Again || left < request.amount;
    let intent_id = payment.intent_id.as_ref().filter(|_| again && request.round < ROUNDS);
    let Some(intent_id) = intent_id else {
        refund_requests::settle(tx, &request, None, now).await?;
        return Ok(true);
    };
    let next = RefundRequest { round: request.round + 1, amount: left, ..request };
    refund_requests::next_round(tx, &next, now).await?;
    request_refund::store(app, tx, &next, intent_id).await?;
    Ok(false)
}
