//! Ends a purchase so that nothing of it can be paid any more, or finds that it was paid.

use std::collections::BTreeMap;

use events::purchases::{self, CloseOutcome};
use kernel::{Currency, Money, crash};
use messaging::database::transact;
use sea_orm::DatabaseTransaction;

use super::apply_facts::Source;
use super::ports::CallError;
use super::refresh::{learn, read, send_again};
use super::{App, UseCaseError, purchase_view};
use crate::domain::{Kind, Payment, Purchase, PurchaseState, Redirects, Status};
use crate::store::{self, payments};

/// Closes the purchase and answers it with the outcome; without one if the caller's generation is older, in which
/// case nothing is changed.
///
/// # Errors
/// The database's. Whatever Stripe answers, or does not, is an outcome.
pub(crate) async fn close(app: &App, id: &str, generation: i64) -> Result<purchases::Purchase, UseCaseError> {
    let current =
        transact(&app.db, async |tx: &DatabaseTransaction| mark(app, tx, id, generation).await).await?;
    if !current {
        return purchase_view::load(&app.db, id).await;
    }
    crash::at("purchase.closed");
    end_purchase(app, id, generation).await
}

/// Sets it closed, under the lock. A purchase that was never heard of is remembered as closed, so that an
/// ensure-session that is still on its way finds it so. Whether the generation is not an older one.
async fn mark(app: &App, tx: &DatabaseTransaction, id: &str, generation: i64) -> Result<bool, UseCaseError> {
    let now = app.clock.now();
    store::purchases::insert_if_absent(tx, &unheard_of(app, id, generation), now).await?;
    let mut purchase = store::purchases::lock(tx, id).await?.ok_or(UseCaseError::NotFound)?;
    if generation < purchase.generation {
        return Ok(false);
    }
    purchase.generation = generation;
    purchase.state = PurchaseState::Closed;
    // The worker's turn only if we do not get to the end.
    purchase.close_due = Some(now + app.call_lease() * 2);
    store::purchases::save(tx, &purchase, now).await?;
    Ok(true)
}

fn unheard_of(app: &App, id: &str, generation: i64) -> Purchase {
    Purchase {
        id: id.to_owned(),
        kind: Kind::Order,
        state: PurchaseState::Closed,
        generation,
        user_id: String::new(),
        email: None,
        money: Money::zero(Currency::USD),
        items: Vec::new(),
        shipping_address: None,
        redirects: Redirects { success_url: String::new(), cancel_url: String::new() },
        payment_method_types: Vec::new(),
        metadata: BTreeMap::new(),
        attempts: 0,
        close_due: None,
        created_at: app.clock.now(),
    }
}

/// Ends what is left of a purchase that was closed in this generation, and answers it with the outcome; without one if
/// a newer generation has opened it again meanwhile, of which nothing is ended.
pub(super) async fn end_purchase(
    app: &App,
    id: &str,
    generation: i64,
) -> Result<purchases::Purchase, UseCaseError> {
    // A create in flight may turn out to have made a Session, which is then open: look again.
    for _ in 0..2 {
        let live = transact(&app.db, async |tx: &DatabaseTransaction| live(tx, id, generation).await).await?;
        let Some(live) = live else {
            break;
        };
        let ended = match live.status {
            Status::Created => send_again(app, &live).await,
            Status::Open => end_session(app, &live).await,
            _ => read(app, &live).await,
        };
        match ended {
            Ok(()) if live.status == Status::Created => {}
            Ok(()) => break,
            Err(UseCaseError::Other(error)) => return Err(UseCaseError::Other(error)),
            Err(error) => {
                tracing::warn!(order_id = id, payment_id = %live.id, %error, "a closed purchase's session is not proven ended yet");
                break;
            }
        }
    }
    conclude(app, id, generation).await
}

fn is_ours(purchase: &Purchase, generation: i64) -> bool {
    !purchase.is_open() && purchase.generation == generation
}

/// What is to be ended: nothing, once a newer generation has come. Whatever it is, a newer generation has it ended,
/// too, before it makes a Session of its own.
async fn live(tx: &DatabaseTransaction, id: &str, generation: i64) -> Result<Option<Payment>, UseCaseError> {
    let purchase = store::purchases::lock(tx, id).await?.ok_or(UseCaseError::NotFound)?;
    if !is_ours(&purchase, generation) {
        return Ok(None);
    }
    Ok(payments::of_purchase(tx, id).await?.into_iter().find(|payment| payment.status.is_live()))
}

/// Answers the outcome; when it is final, nobody looks after the purchase any more.
async fn conclude(app: &App, id: &str, generation: i64) -> Result<purchases::Purchase, UseCaseError> {
    transact(&app.db, async |tx: &DatabaseTransaction| {
        let mut purchase = store::purchases::lock(tx, id).await?.ok_or(UseCaseError::NotFound)?;
        let payments = payments::of_purchase(tx, id).await?;
        let outcome = purchase_view::close_outcome(&payments);
        // A newer generation may have opened it again meanwhile; then nothing of this close holds.
        let ours = is_ours(&purchase, generation);
        if ours && outcome != CloseOutcome::Unknown && purchase.close_due.take().is_some() {
            store::purchases::save(tx, &purchase, app.clock.now()).await?;
        }
        let mut view = purchase_view::view(&purchase, &payments);
        view.outcome = ours.then_some(outcome);
        Ok(view)
    })
    .await
}

/// Ends an open Session at Stripe and applies what comes of it. Where Stripe refuses, it was not open any more: paid,
/// or ended; a read tells.
///
/// # Errors
/// When Stripe does not answer for good.
pub(super) async fn end_session(app: &App, payment: &Payment) -> Result<(), UseCaseError> {
    let Some(session_id) = &payment.session_id else {
        return Ok(());
    };
    match app.stripe.expire_session(session_id).await {
        Ok(seen) => {
            crash::at("session.ended");
            learn(app, payment, &seen, Source::call("close")).await.map(drop)
        }
        Err(CallError::Refused(_)) => read(app, payment).await,
        Err(error) => Err(error.into()),
    }
}
