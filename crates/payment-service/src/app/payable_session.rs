//! From a purchase to its one payable Session. However many ask at once, there is one: the attempt is made under the
//! purchase's lock, and those who find it in flight send its stored request again, which Stripe answers with the same
//! Session.

use async_trait::async_trait;
use events::purchases;
use kernel::PaymentId;
use messaging::database::transact;
use sea_orm::DatabaseTransaction;
use time::OffsetDateTime;

use super::apply_facts::Source;
use super::attempt::Sent;
use super::close::end_session;
use super::{App, UseCaseError, attempt, purchase_view, refresh};
use crate::domain::{Payment, Purchase, Status};
use crate::store::payments;
use crate::store::stripe_requests::{self, StoredRequest};

/// Rounds of 'look, then ask Stripe': a purchase that moves under us every time is not ours to settle.
const ROUNDS: usize = 6;

/// What is asked for.
#[async_trait]
pub(super) trait Wanted: Sync {
    /// The purchase, locked, and brought to what is asked for.
    async fn accept(&self, app: &App, tx: &DatabaseTransaction) -> Result<Accepted, UseCaseError>;

    /// When a Session made now ends.
    fn expires_at(&self, app: &App, now: OffsetDateTime) -> OffsetDateTime;
}

/// The locked purchase.
pub(super) enum Accepted {
    /// As asked for.
    Current(Purchase),
    /// Of a newer generation, or closed and paid: to be answered as it is.
    AsItIs(Purchase),
}

enum Next {
    Done(purchases::Purchase),
    Send { request: StoredRequest, fresh: bool },
    End(Box<Payment>),
    Read(Box<Payment>),
}

/// Goes on until the purchase has a payable Session or can have none.
pub(super) async fn settle(app: &App, wanted: &dyn Wanted) -> Result<purchases::Purchase, UseCaseError> {
    let mut absent = 0;
    // Whose Session this very call has seen open.
    let mut seen: Option<PaymentId> = None;
    for _ in 0..ROUNDS {
        let next = transact(&app.db, async |tx: &DatabaseTransaction| match wanted.accept(app, tx).await? {
            Accepted::AsItIs(purchase) => {
                let payments = payments::of_purchase(tx, &purchase.id).await?;
                Ok(Next::Done(purchase_view::view(&purchase, &payments)))
            }
            Accepted::Current(purchase) => {
                decide(app, tx, purchase, wanted.expires_at(app, app.clock.now()), seen).await
            }
        })
        .await?;
        match next {
            Next::Done(purchase) => return Ok(purchase),
            Next::Send { request, fresh } => {
                match attempt::send(app, &request, Source::call("answer")).await? {
                    Sent::Adopted => seen = Some(request.payment_id),
                    Sent::Contradicts => {
                        let error = anyhow::anyhow!("Stripe made another session than was asked for");
                        return Err(UseCaseError::Other(error));
                    }
                    Sent::Refused(refusal) if fresh => {
                        if refusal.param == "expires_at" {
                            app.metrics.alarm("session_clock");
                            tracing::error!(
                                "Stripe refused the end of a new session: check this machine's clock"
                            );
                        }
                        return Err(UseCaseError::ProviderRefused(refusal));
                    }
                    // An older attempt that Stripe refuses now, its Session's end being too near, makes way for a new one.
                    Sent::Refused(_) => {}
                    Sent::Absent => absent += 1,
                }
            }
            Next::End(payment) => end_session(app, &payment).await?,
            Next::Read(payment) => {
                read(app, &payment).await?;
                seen = Some(payment.id);
            }
        }
        if absent > 1 {
            return Err(UseCaseError::ProviderUnavailable);
        }
    }
    Err(UseCaseError::OutcomeUnknown)
}

/// A Session that has just ended at Stripe must not be answered as open because its webhook is late. While Stripe
/// cannot be read, what is known has to do.
async fn read(app: &App, payment: &Payment) -> Result<(), UseCaseError> {
    match refresh::read_shared(app, payment).await {
        Ok(()) => Ok(()),
        Err(UseCaseError::Other(error)) => Err(UseCaseError::Other(error)),
        Err(error) => {
            tracing::warn!(payment_id = %payment.id, %error, "an open session could not be read and is answered as known");
            Ok(())
        }
    }
}

async fn decide(
    app: &App,
    tx: &DatabaseTransaction,
    mut purchase: Purchase,
    expires_at: OffsetDateTime,
    seen: Option<PaymentId>,
) -> Result<Next, UseCaseError> {
    let payments = payments::of_purchase(tx, &purchase.id).await?;
    let paid = payments.iter().any(Payment::is_paid);
    let live = payments.iter().find(|payment| payment.status.is_live());
    match live {
        _ if paid => Ok(Next::Done(purchase_view::view(&purchase, &payments))),
        None => {
            let request = attempt::begin(app, tx, &mut purchase, expires_at).await?;
            Ok(Next::Send { request, fresh: true })
        }
        Some(payment) if payment.status == Status::Created => {
            let request = stripe_requests::pending_session(tx, payment.id).await?;
            request.map(|request| Next::Send { request, fresh: false }).ok_or(UseCaseError::OutcomeUnknown)
        }
        // Its end has to be proven before another Session is made.
        Some(payment)
            if payment.status == Status::Open && is_outdated(payment, &purchase, app.clock.now()) =>
        {
            Ok(Next::End(Box::new(payment.clone())))
        }
        Some(payment) if payment.status == Status::Open && seen != Some(payment.id) => {
            Ok(Next::Read(Box::new(payment.clone())))
        }
        Some(_) => Ok(Next::Done(purchase_view::view(&purchase, &payments))),
    }
}

/// Its time is over, or an older generation of the order was to be paid by it, whose close may still be on its way.
fn is_outdated(payment: &Payment, purchase: &Purchase, now: OffsetDateTime) -> bool {
    payment.expires_at <= now || payment.generation < purchase.generation || payment.money != purchase.money
}
