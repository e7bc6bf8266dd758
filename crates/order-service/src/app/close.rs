//! Ends an order that is closing: asks payment-service to take no more money, and believes only its answer.

use std::ops::RangeInclusive;

use ::events::purchases::CloseOutcome;
use kernel::{OrderId, crash};
use messaging::database::transact;
use sea_orm::DatabaseTransaction;
use time::Duration;

use crate::app::journal::{Note, note};
use crate::app::publish::{self, Happened};
use crate::app::{App, Cause, Error, Observed, record};
use crate::domain::order::{Order, StockState};
use crate::domain::payment::PaymentStatus;
use crate::domain::state::State;
use crate::store::{due, orders, payments, stock};

/// How soon and how late to ask again while a delayed method is under way, which may take days.
const WHILE_PROCESSING: RangeInclusive<Duration> = Duration::seconds(30)..=Duration::hours(1);
/// When to ask again when the outcome is not known, or payment-service was not reached.
const WHILE_UNKNOWN: Duration = Duration::seconds(3);

/// Asks, and applies the answer. The order must be closing: afterwards it is ended, or paid, or still
/// waiting and due again later.
pub(crate) async fn close(app: &App, id: OrderId, generation: i64, actor: &str) -> Result<(), Error> {
    crash::at("close.marked");
    let purchase = match app.payments.close(id, generation).await {
        Ok(purchase) => purchase,
        // A purchase that was never begun is closed all the same, so even 'not found' says nothing about it:
        // whoever answered that was not payment-service, or not about this call.
        Err(error) => {
            due::postpone(&app.db, id, app.now() + WHILE_UNKNOWN).await?;
            return Err(error.into());
        }
    };
    crash::at("close.answered");
    let (outcome, theirs) = (purchase.outcome, purchase.generation);
    let observed = record::read(purchase)?.map(|(_, observed)| observed).unwrap_or_default();
    let answer = &Answer { observed, outcome, asked: generation, theirs };
    transact(&app.db, async |tx: &DatabaseTransaction| apply(tx, app, id, answer, actor).await).await?;
    app.wakeup.notify();
    Ok(())
}

struct Answer {
    observed: Vec<Observed>,
    outcome: Option<CloseOutcome>,
    /// The generation that was asked for.
    asked: i64,
    /// The newest one payment-service has heard of.
    theirs: i64,
}

async fn apply(
    tx: &DatabaseTransaction,
    app: &App,
    id: OrderId,
    answer: &Answer,
    actor: &str,
) -> Result<(), Error> {
    record::states(tx, app, &answer.observed, "payment-service").await?;
    let mut order = orders::lock(tx, id).await?.ok_or(Error::NotFound)?;
    if !order.is_closing() || order.generation != answer.asked {
        return Ok(());
    }
    match answer.outcome {
        Some(CloseOutcome::Closed) => finish(tx, app, &mut order, actor).await,
        Some(CloseOutcome::Processing) => {
            let pause = pause_while_processing(app.now() - order.created_at);
            Ok(due::postpone(tx, id, app.now() + pause).await?)
        }
        Some(CloseOutcome::Paid) if is_settled(tx, &order).await? => finish(tx, app, &mut order, actor).await,
        None if answer.theirs > order.generation => adopt(tx, app, &mut order, answer.theirs).await,
        // 'Paid' without a success among the payments settles with the next answer or event.
        Some(CloseOutcome::Paid | CloseOutcome::Unknown) | None => {
            Ok(due::postpone(tx, id, app.now() + WHILE_UNKNOWN).await?)
        }
    }
}

/// The older the order, the longer: a webhook tells the outcome anyway.
fn pause_while_processing(age: Duration) -> Duration {
    (age / 20_i32).clamp(*WHILE_PROCESSING.start(), *WHILE_PROCESSING.end())
}

/// Whether all there is to do about the order's money is done, though it is still not paid: what was captured is asked
/// back already or is unlike the order, or the order would be paid by now; and nothing else can come.
async fn is_settled(tx: &DatabaseTransaction, order: &Order) -> Result<bool, Error> {
    let known = payments::of_order(tx, order.id).await?;
    let captured: Vec<_> =
        known.iter().filter(|payment| payment.status == PaymentStatus::Succeeded).collect();
    let settled = !captured.is_empty() && !known.iter().any(|payment| payment.status.is_live());
    if settled {
        for payment in captured {
            tracing::error!(order_id = %order.id, payment_id = %payment.id, "an order ends although money came for it");
        }
    }
    Ok(settled)
}

/// Goes on with the generation that payment-service knows already, as after a restored backup: an older one would be
/// answered with nothing for ever. The order is due again in a moment.
async fn adopt(tx: &DatabaseTransaction, app: &App, order: &mut Order, theirs: i64) -> Result<(), Error> {
    let detail = format!("generation {} instead of {}", theirs, order.generation);
    tracing::warn!(order_id = %order.id, ours = order.generation, theirs, "payment-service knows a newer generation");
    order.generation = theirs;
    order.updated_at = app.now();
    let entry = Note { from: Some(order.state.status()), detail: Some(detail), ..Note::default() };
    note(tx, app, order, &Cause::by("payment-service"), "generation_adopted", entry).await?;
    Ok(orders::save(tx, order).await?)
}

async fn finish(tx: &DatabaseTransaction, app: &App, order: &mut Order, actor: &str) -> Result<(), Error> {
    let from = order.state.status();
    order.state = order.state.finish_closing()?;
    let (happened, action) = match order.state {
        State::Cancelled => (Happened::Cancelled, "cancelled"),
        _ => (Happened::Expired, "expired"),
    };
    let held = order.stock == StockState::Held;
    if held {
        order.stock = StockState::Released;
    }
    order.updated_at = app.now();
    let published = publish::order(tx, app, order, happened).await?;
    let entry = Note { from: Some(from), published: Some(published), ..Note::default() };
    note(tx, app, order, &Cause::by(actor), action, entry).await?;
    orders::save(tx, order).await?;
    tracing::info!(order_id = %order.id, actor, status = action, "order ended");
    if held {
        stock::release(tx, &order.items).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payment_that_takes_days_is_asked_about_ever_less_often() {
        let pauses = [Duration::MINUTE, Duration::hours(2), Duration::days(3)].map(pause_while_processing);
        assert_eq!(pauses, [Duration::seconds(30), Duration::minutes(6), Duration::HOUR]);
    }
}
