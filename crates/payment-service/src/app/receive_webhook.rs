//! A webhook: verified, stored, applied, answered. What is answered 200 is in the database.

use kernel::crash;
use messaging::database::{ANSWER, begin, within};
use sea_orm::TransactionTrait;
use time::OffsetDateTime;

use super::announce::News;
use super::ports::{InvalidSignature, StripeEvent, Unreadable};
use super::process_event::{Asked, Processed, process};
use super::{App, UseCaseError};
use crate::store::stripe_events::{self, New, State};

/// Why a webhook is not taken.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Rejected {
    /// Not signed by Stripe.
    #[error("the signature is not valid")]
    Signature(#[from] InvalidSignature),
    /// Signed, and no event.
    #[error("the body is no event")]
    Body(#[from] Unreadable),
    /// Signed, and not text.
    #[error("the body is not UTF-8")]
    NotText,
    /// It could not be stored: Stripe has to send it again.
    #[error("the webhook could not be stored")]
    NotStored(#[source] UseCaseError),
}

/// Stores the event and applies it in one transaction. If applying fails, the event stays stored and a worker tries
/// again: that is no reason to have Stripe send it again.
///
/// # Errors
/// Why the webhook is not taken.
pub(crate) async fn receive_webhook(app: &App, signatures: &[&[u8]], body: &[u8]) -> Result<(), Rejected> {
    app.stripe.verify(signatures, body).inspect_err(|error| {
        tracing::warn!(%error, "a webhook's signature was refused");
        if *error == InvalidSignature::Stale {
            app.metrics.alarm("webhook_clock");
            tracing::error!(
                "a webhook of Stripe's is older or newer than the tolerance: check this machine's clock"
            );
        }
    })?;
    let payload = std::str::from_utf8(body).map_err(|_| Rejected::NotText)?;
    let event = app.stripe.read_event(payload, app.clock.now())?;
    let now = app.clock.now();
    within(ANSWER, Box::pin(store_and_apply(app, &event, payload, now))).await.map_err(Rejected::NotStored)
}

/// The webhook's effect, for events that came as one and for those that were asked for. If it has to wait, workers
/// leave it alone until `next_try_at`.
///
/// # Errors
/// When it could not be stored.
pub(super) async fn store_and_apply(
    app: &App,
    event: &StripeEvent,
    payload: &str,
    next_try_at: OffsetDateTime,
) -> Result<(), UseCaseError> {
    let now = app.clock.now();
    let tx = begin(&app.db).await?;
    let new = New {
        id: &event.id,
        kind: &event.kind,
        livemode: event.livemode,
        api_version: event.api_version.as_deref(),
        payload,
        received_at: now,
        next_try_at,
    };
    if !stripe_events::insert(&tx, &new).await? {
        tx.rollback().await?;
        app.metrics.event(&event.kind, "duplicate");
        tracing::info!(stripe_event_id = event.id, kind = event.kind, "webhook known");
        return Ok(());
    }
    crash::at("webhook.stored");
    let mut news = News::default();
    let savepoint = tx.begin().await?;
    let processed = match process(app, &savepoint, event, Asked::default(), &mut news).await {
        Ok(processed) => {
            savepoint.commit().await?;
            crash::at("webhook.applied");
            processed
        }
        Err(error) => {
            savepoint.rollback().await?;
            news = News::default();
            tracing::warn!(
                stripe_event_id = event.id,
                kind = event.kind,
                error = &error as &dyn std::error::Error,
                "a webhook could not be applied and waits"
            );
            Processed::Waits { reason: "applying failed".to_owned(), payment_id: None }
        }
    };
    let state = match &processed {
        Processed::Settled(state, reason) => {
            stripe_events::settle(&tx, &event.id, *state, *reason, now).await?;
            *state
        }
        Processed::Waits { .. } | Processed::NeedsRefunds { .. } => State::Pending,
    };
    crash::at("webhook.before_commit");
    tx.commit().await?;
    crash::at("webhook.committed");
    news.tell(app);
    if state == State::Pending {
        app.work.events.notify_one();
    }
    report(app, event, &processed);
    Ok(())
}

/// One line per webhook, and the alarm if it is quarantined.
pub(super) fn report(app: &App, event: &StripeEvent, processed: &Processed) {
    let state = processed.state().as_str();
    app.metrics.event(&event.kind, state);
    match processed {
        Processed::Settled(State::Quarantined, reason) => {
            app.metrics.alarm("quarantine");
            tracing::error!(
                stripe_event_id = event.id,
                kind = event.kind,
                reason = reason.unwrap_or_default(),
                "a webhook is quarantined: it speaks of a payment of ours and does not fit"
            );
        }
        _ => tracing::info!(stripe_event_id = event.id, kind = event.kind, state, "webhook taken"),
    }
}
