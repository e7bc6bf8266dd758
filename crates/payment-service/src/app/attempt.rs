//! An attempt: stored with its request, then sent, then settled by Stripe's answer. Whoever finds the request pending
//! may send it again: the same bytes under the same key make the same Session.

use kernel::{Clock, PaymentId, crash};
use messaging::database::transact;
use sea_orm::DatabaseTransaction;
use time::{Duration, OffsetDateTime};

use super::announce::News;
use super::apply_facts::{Source, apply_facts};
use super::close::end_session;
use super::ports::{CallError, Prepared, Refusal, SessionTerms};
use super::{App, UseCaseError, trace};
use crate::domain::{Fact, Observation, Outcome, Payment, PaymentError, Purchase, Status};
use crate::store::stripe_requests::{self, Operation, StoredRequest};
use crate::store::{payments, purchases};

/// Stripe keeps keys for 24 hours at least; within this time the same bytes have one effect.
const RESENT_WITHIN: Duration = Duration::hours(23);

/// Begins the next attempt of a locked purchase: payment and request are stored, Stripe is not called yet.
pub(super) async fn begin(
    app: &App,
    tx: &DatabaseTransaction,
    purchase: &mut Purchase,
    expires_at: OffsetDateTime,
) -> Result<StoredRequest, UseCaseError> {
    let now = app.clock.now();
    purchase.attempts += 1;
    purchases::save(tx, purchase, now).await?;
    let payment = new_payment(app, purchase, expires_at);
    payments::insert(tx, &payment).await?;
    let terms = SessionTerms { purchase, payment_id: payment.id, attempt: payment.attempt, expires_at };
    let prepared = app.stripe.prepare_session(&terms);
    let request = stored(prepared, (payment.id, Operation::CreateSession, None), now + app.call_lease(), now);
    stripe_requests::insert(tx, &request).await?;
    crash::at("attempt.before_commit");
    Ok(request)
}

/// A request as it is stored.
pub(super) fn stored(
    prepared: Prepared,
    (payment_id, operation, reference): (PaymentId, Operation, Option<String>),
    next_try_at: OffsetDateTime,
    now: OffsetDateTime,
) -> StoredRequest {
    StoredRequest {
        id: prepared.idempotency_key.unwrap_or_else(|| payment_id.to_string()),
        payment_id,
        operation,
        reference,
        method: prepared.method,
        path: prepared.path,
        body: prepared.body,
        version: prepared.version,
        tries: 0,
        next_try_at,
        traceparent: trace::current(),
        created_at: now,
    }
}

/// A stored request as it is sent.
pub(super) fn prepared(request: &StoredRequest) -> Prepared {
    Prepared {
        idempotency_key: Some(request.id.clone()),
        method: request.method.clone(),
        path: request.path.clone(),
        body: request.body.clone(),
        version: request.version.clone(),
    }
}

fn new_payment(app: &App, purchase: &Purchase, expires_at: OffsetDateTime) -> Payment {
    let clock: &dyn Clock = app.clock.as_ref();
    Payment {
        id: PaymentId::generate(clock),
        purchase_id: purchase.id.clone(),
        attempt: purchase.attempts,
        generation: purchase.generation,
        status: Status::Created,
        sequence: 0,
        money: purchase.money,
        received: 0,
        session_id: None,
        intent_id: None,
        url: None,
        client_secret: None,
        expires_at,
        email: None,
        method: None,
        receipt_url: None,
        declines: Default::default(),
        failure: None,
        refunds: Default::default(),
        livemode: app.policy.livemode,
        last_event_id: None,
        traceparent: trace::current(),
        created_at: clock.now(),
    }
}

/// What became of an attempt that was sent.
#[derive(Debug)]
pub(super) enum Sent {
    /// It has its Session.
    Adopted,
    /// Stripe will not make it; the attempt failed.
    Refused(Refusal),
    /// It is proven that Stripe did not make it; the attempt failed.
    Absent,
    /// Stripe made another one than was asked for. It can be paid no more; the attempt failed.
    Contradicts,
}

/// Whether Stripe may have forgotten the request's key, so that sending it again could have a second effect.
pub(super) fn is_old(app: &App, request: &StoredRequest) -> bool {
    app.clock.now() - request.created_at > RESENT_WITHIN
}

/// Sends the request and settles the attempt by what Stripe answers. When Stripe has stored a failure for the key, or
/// may have forgotten the key, the Session is looked for instead.
///
/// # Errors
/// `ProviderUnavailable` and `OutcomeUnknown`: the attempt stays as it is.
pub(super) async fn send(
    app: &App,
    request: &StoredRequest,
    source: Source<'static>,
) -> Result<Sent, UseCaseError> {
    if is_old(app, request) {
        return look(app, request).await;
    }
    crash::at("attempt.stored");
    match app.stripe.create_session(&prepared(request)).await {
        Ok(seen) => {
            crash::at("attempt.answered");
            adopt(app, request, &seen, source).await
        }
        Err(CallError::Unknown { replayed: true }) => look(app, request).await,
        Err(CallError::Refused(refusal)) => {
            tracing::warn!(
                payment_id = %request.payment_id, status = refusal.status, code = refusal.code,
                param = refusal.param, "Stripe refused to make a session"
            );
            give_up(app, request, PaymentError::new(&refusal.code, None)).await?;
            Ok(Sent::Refused(refusal))
        }
        Err(error) => Err(error.into()),
    }
}

/// Adopts the Session that carries our id, or proves that there is none: the call's execution has ended, or its key is
/// too old to be sent again.
///
/// # Errors
/// As [`send`].
async fn look(app: &App, request: &StoredRequest) -> Result<Sent, UseCaseError> {
    if let Some(seen) = app.stripe.find_session(request.payment_id, request.created_at).await? {
        return adopt(app, request, &seen, Source::call("recovery")).await;
    }
    tracing::warn!(payment_id = %request.payment_id, "Stripe has not made the session that was asked for");
    give_up(app, request, PaymentError::new("session_not_created", None)).await?;
    Ok(Sent::Absent)
}

/// The Session exists. If nobody wants it any more by now, it is ended.
async fn adopt(
    app: &App,
    request: &StoredRequest,
    seen: &Observation,
    source: Source<'static>,
) -> Result<Sent, UseCaseError> {
    let Settled { purchase, payment, outcome } = settle(app, request, seen, source).await?;
    if let Outcome::Contradiction(reason) = outcome {
        app.metrics.alarm("contradiction");
        tracing::error!(
            payment_id = %payment.id, order_id = purchase.id, reason,
            "Stripe made another session than was asked for"
        );
        return discard(app, request, seen).await;
    }
    if let Outcome::Premature(reason) = outcome {
        tracing::error!(payment_id = %payment.id, order_id = purchase.id, reason, "Stripe's answer could not be applied");
        return Err(UseCaseError::OutcomeUnknown);
    }
    crash::at("attempt.saved");
    let unwanted = !purchase.is_open() || !payment.status.is_live();
    if unwanted && seen.is_payable() {
        end_session(app, &payment).await?;
    }
    Ok(Sent::Adopted)
}

/// A Session that is not what was asked for must not be paid: it is ended, and the attempt failed. If it was paid
/// before that, its money is nobody's: somebody has to give it back by hand.
async fn discard(app: &App, request: &StoredRequest, seen: &Observation) -> Result<Sent, UseCaseError> {
    if let Some(session_id) = &seen.subject.session_id {
        match app.stripe.expire_session(session_id).await {
            Ok(_) => {}
            Err(CallError::Refused(_)) => {
                let ended = app.stripe.session(session_id).await?;
                if ended.is_payable() {
                    return Err(UseCaseError::OutcomeUnknown);
                }
                if ended.facts.iter().any(|fact| matches!(fact, Fact::Succeeded(_) | Fact::Processing)) {
                    app.metrics.alarm("contradiction_paid");
                    tracing::error!(
                        payment_id = %request.payment_id, session_id,
                        "a session that is not what was asked for was paid: its money has to be given back by hand"
                    );
                }
            }
            Err(error) => return Err(error.into()),
        }
    }
    give_up(app, request, PaymentError::new("session_contradicts", None)).await?;
    Ok(Sent::Contradicts)
}

/// It is proven that there is no Session: the attempt failed, and another one may be made.
async fn give_up(app: &App, request: &StoredRequest, error: PaymentError) -> Result<(), UseCaseError> {
    let seen = Observation { facts: vec![Fact::NeverOpened(error)], ..Observation::default() };
    settle(app, request, &seen, Source::call("answer")).await.map(drop)
}

struct Settled {
    purchase: Purchase,
    payment: Payment,
    outcome: Outcome,
}

async fn settle(
    app: &App,
    request: &StoredRequest,
    seen: &Observation,
    source: Source<'static>,
) -> Result<Settled, UseCaseError> {
    let (settled, news) = transact(&app.db, async |tx: &DatabaseTransaction| {
        let (purchase, mut payment) = locked(tx, request.payment_id).await?;
        let mut news = News::default();
        let outcome = apply_facts(app, tx, (&purchase, &mut payment), seen, source, &mut news).await?;
        // Only an answer that was applied is one: until what contradicts is ended, the request stays open.
        if matches!(outcome, Outcome::Advanced | Outcome::Superseded) {
            let answered = seen.subject.session_id.is_some();
            stripe_requests::finish(tx, &request.id, answered, app.clock.now()).await?;
        }
        Ok::<_, UseCaseError>((Settled { purchase, payment, outcome }, news))
    })
    .await?;
    news.tell(app);
    Ok(settled)
}

/// The payment with its purchase, locked.
pub(super) async fn locked(
    tx: &DatabaseTransaction,
    payment_id: PaymentId,
) -> Result<(Purchase, Payment), UseCaseError> {
    let unlocked = payments::find(tx, payment_id).await?.ok_or(UseCaseError::NotFound)?;
    let purchase = purchases::lock(tx, &unlocked.purchase_id).await?.ok_or(UseCaseError::NotFound)?;
    // Read again: what was read before the lock may be old.
    let payment = payments::find(tx, payment_id).await?.ok_or(UseCaseError::NotFound)?;
    Ok((purchase, payment))
}
