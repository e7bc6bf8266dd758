//! Reads a purchase's live Session from Stripe and applies what it says: what a customer who comes back from Stripe's
//! page is waiting for when the webhook is late.

use events::purchases;
use messaging::database::transact;
use sea_orm::DatabaseTransaction;

use super::announce::News;
use super::apply_facts::{Source, apply_facts};
use super::attempt::{self, locked};
use super::{App, UseCaseError, purchase_view};
use crate::domain::{Observation, Outcome, Payment, Status};
use crate::store::{payments, stripe_requests};

/// Brings the purchase up to date and answers it. A payment that is settled needs no read, and many who ask at the
/// same time, or within about a second, share one.
///
/// # Errors
/// `NotFound`, `ProviderUnavailable`, `ProviderRefused`, `OutcomeUnknown`.
pub(crate) async fn refresh(app: &App, id: &str) -> Result<purchases::Purchase, UseCaseError> {
    let payments = payments::of_purchase(&app.db, id).await?;
    if let Some(live) = payments.iter().find(|payment| payment.status.is_live()) {
        match live.status {
            Status::Created => send_again(app, live).await?,
            _ => read_shared(app, live).await?,
        }
    }
    purchase_view::load(&app.db, id).await
}

/// Finds out about an attempt that is still in flight. One that Stripe refuses is settled, too.
pub(super) async fn send_again(app: &App, payment: &Payment) -> Result<(), UseCaseError> {
    let Some(request) = stripe_requests::pending_session(&app.db, payment.id).await? else {
        return Ok(());
    };
    attempt::send(app, &request, Source::call("answer")).await.map(drop)
}

/// Reads the payment's Session, unless somebody has done so within about a second, or is doing it.
pub(super) async fn read_shared(app: &App, payment: &Payment) -> Result<(), UseCaseError> {
    let Some(session_id) = &payment.session_id else {
        return Ok(());
    };
    Ok(app.fresh_sessions.try_get_with(session_id.clone(), read(app, payment)).await?)
}

/// Reads the payment's Session now, whatever was read before.
pub(super) async fn read(app: &App, payment: &Payment) -> Result<(), UseCaseError> {
    let Some(session_id) = &payment.session_id else {
        return Ok(());
    };
    let seen = app.stripe.session(session_id).await?;
    learn(app, payment, &seen, Source::call("refresh")).await.map(drop)
}

/// Applies what Stripe answered about a payment. The payment as it is afterwards.
pub(super) async fn learn(
    app: &App,
    payment: &Payment,
    seen: &Observation,
    source: Source<'static>,
) -> Result<Payment, UseCaseError> {
    let (payment, outcome, news) = transact(&app.db, async |tx: &DatabaseTransaction| {
        let (purchase, mut payment) = locked(tx, payment.id).await?;
        let mut news = News::default();
        let outcome = apply_facts(app, tx, (&purchase, &mut payment), seen, source, &mut news).await?;
        Ok::<_, UseCaseError>((payment, outcome, news))
    })
    .await?;
    news.tell(app);
    if let Outcome::Contradiction(reason) = outcome {
        app.metrics.alarm("contradiction");
        tracing::error!(payment_id = %payment.id, order_id = payment.purchase_id, reason, "what Stripe answers does not match the payment");
    }
    Ok(payment)
}
