//! The one way into a payment: a fact, under the purchase's lock, with its history and its events.

use events::Envelope;
use kernel::EventId;
use sea_orm::DatabaseTransaction;
use service_kit::telemetry::current_trace_id;
use tracing::Instrument;

use super::announce::{self, News};
use super::{App, UseCaseError, trace};
use crate::domain::{Observation, Outcome, Payment, Purchase, Step, Verdict, apply, restate};
use crate::store::{history, payments};

/// Who tells.
#[derive(Debug, Clone, Copy)]
pub(super) struct Source<'a> {
    /// `webhook`, `answer`, `refresh`, `close`, `recovery`, `reconcile`, `restore`.
    pub(super) name: &'static str,
    /// The webhook's event.
    pub(super) stripe_event_id: Option<&'a str>,
}

impl Source<'static> {
    /// An answer of Stripe to a call of ours.
    pub(super) const fn call(name: &'static str) -> Self {
        Self { name, stripe_event_id: None }
    }
}

/// Applies what was seen to a payment whose purchase is locked by `tx`, in the trace that the payment was begun in.
///
/// `payment` is as it stands in the database, and is brought up to date. What is to be told after the commit goes to
/// `news`.
///
/// # Errors
/// The database's.
pub(super) async fn apply_facts(
    app: &App,
    tx: &DatabaseTransaction,
    (purchase, payment): (&Purchase, &mut Payment),
    seen: &Observation,
    source: Source<'_>,
    news: &mut News,
) -> Result<Outcome, UseCaseError> {
    let span = tracing::Span::current();
    span.record("order_id", purchase.id.as_str());
    span.record("payment_id", tracing::field::display(payment.id));
    let span = trace::continued(payment.traceparent.as_deref());
    applied(app, tx, (purchase, payment), seen, source, news).instrument(span).await
}

async fn applied(
    app: &App,
    tx: &DatabaseTransaction,
    (purchase, payment): (&Purchase, &mut Payment),
    seen: &Observation,
    source: Source<'_>,
    news: &mut News,
) -> Result<Outcome, UseCaseError> {
    let before = payment.clone();
    let verdict = apply(payment, seen);
    record(app, tx, (purchase, &before, payment), verdict, source, news).await
}

/// Tells the payment anew, as [`restate`] says; otherwise as [`apply_facts`].
///
/// # Errors
/// The database's.
pub(super) async fn apply_restated(
    app: &App,
    tx: &DatabaseTransaction,
    (purchase, payment): (&Purchase, &mut Payment),
    (seen, floor): (&Observation, i64),
    source: Source<'_>,
    news: &mut News,
) -> Result<Outcome, UseCaseError> {
    let before = payment.clone();
    let verdict = restate(payment, seen, floor);
    let span = trace::continued(payment.traceparent.as_deref());
    record(app, tx, (purchase, &before, payment), verdict, source, news).instrument(span).await
}

/// Writes what a verdict changed, with its history and its events.
async fn record(
    app: &App,
    tx: &DatabaseTransaction,
    (purchase, before, payment): (&Purchase, &Payment, &mut Payment),
    verdict: Verdict,
    source: Source<'_>,
    news: &mut News,
) -> Result<Outcome, UseCaseError> {
    let mut from = before.status;
    for mut step in verdict.steps {
        let event_id = publish(app, tx, purchase, &step).await?;
        payment.last_event_id = Some(event_id);
        step.after.last_event_id = Some(event_id);
        let to = step.after.status;
        append(app, tx, (before, from, to), Line::of(&Outcome::Advanced, source, Some(event_id))).await?;
        from = to;
        news.add(purchase, step);
    }
    // Every fact leaves a line, also one that published nothing. What our own looks show again and again is none.
    let told = payment.last_event_id != before.last_event_id;
    let known =
        verdict.outcome == Outcome::Superseded && source.stripe_event_id.is_none() && payment == before;
    if !told && !known && !matches!(verdict.outcome, Outcome::Premature(_)) {
        append(app, tx, (before, from, payment.status), Line::of(&verdict.outcome, source, None)).await?;
    }
    payments::save(tx, before, payment, app.clock.now()).await?;
    Ok(verdict.outcome)
}

async fn publish(
    app: &App,
    tx: &DatabaseTransaction,
    purchase: &Purchase,
    step: &Step,
) -> Result<EventId, UseCaseError> {
    let event_id = EventId::generate(app.clock.as_ref());
    let envelope = Envelope::new(event_id, app.clock.now(), announce::event(purchase, step));
    app.outbox.append(tx, &envelope).await?;
    Ok(event_id)
}

struct Line<'a> {
    outcome: &'static str,
    reason: Option<&'static str>,
    source: Source<'a>,
    event_id: Option<EventId>,
}

impl<'a> Line<'a> {
    const fn of(outcome: &Outcome, source: Source<'a>, event_id: Option<EventId>) -> Self {
        let (outcome, reason) = match outcome {
            Outcome::Advanced => ("advanced", None),
            Outcome::Superseded => ("superseded", None),
            Outcome::Contradiction(reason) => ("contradiction", Some(*reason)),
            Outcome::Premature(reason) => ("premature", Some(*reason)),
        };
        Self { outcome, reason, source, event_id }
    }
}

async fn append(
    app: &App,
    tx: &DatabaseTransaction,
    (payment, from, to): (&Payment, crate::domain::Status, crate::domain::Status),
    line: Line<'_>,
) -> Result<(), UseCaseError> {
    let entry = history::Entry {
        payment_id: payment.id,
        purchase_id: &payment.purchase_id,
        outcome: line.outcome,
        reason: line.reason,
        from,
        to,
        source: line.source.name,
        stripe_event_id: line.source.stripe_event_id,
        event_id: line.event_id,
        trace_id: current_trace_id(),
        at: app.clock.now(),
    };
    Ok(history::append(tx, entry).await?)
}
