//! Ends an order that is closing: asks payment-service to take no more money, and believes only its answer.

use ::events::purchases::CloseOutcome;
use kernel::OrderId;
use messaging::database::transact;
use sea_orm::DatabaseTransaction;
use time::Duration;

use crate::app::journal::{Note, note};
use crate::app::ports::PaymentsError;
use crate::app::publish::{self, Happened};
use crate::app::{App, Cause, Error, Observed, record};
use crate::domain::order::{Order, StockState};
use crate::domain::state::State;
use crate::store::{due, orders, stock};

/// When to ask again while a delayed method is under way.
const WHILE_PROCESSING: Duration = Duration::seconds(30);
/// When to ask again when the outcome is not known, or payment-service was not reached.
const WHILE_UNKNOWN: Duration = Duration::seconds(3);

/// Asks, and applies the answer. The order must be closing: afterwards it is ended, or paid, or still
/// waiting and due again later.
pub(crate) async fn close(app: &App, id: OrderId, generation: i64, actor: &str) -> Result<(), Error> {
    let answer = match app.payments.close(id, generation).await {
        Ok(purchase) => {
            let outcome = purchase.outcome;
            let observed = record::read(purchase)?.map(|(_, observed)| observed);
            Ok((observed.unwrap_or_default(), outcome))
        }
        // Nothing was ever begun there, so nothing can be paid.
        Err(PaymentsError::NotFound) => Ok((Vec::new(), Some(CloseOutcome::Closed))),
        Err(error) => Err(error),
    };
    let (observed, outcome) = match answer {
        Ok(answer) => answer,
        Err(error) => {
            due::postpone(&app.db, id, app.now() + WHILE_UNKNOWN).await?;
            return Err(error.into());
        }
    };
    let answer = &Answer { observed, outcome, generation };
    transact(&app.db, async |tx: &DatabaseTransaction| apply(tx, app, id, answer, actor).await).await?;
    app.wakeup.notify();
    Ok(())
}

struct Answer {
    observed: Vec<Observed>,
    outcome: Option<CloseOutcome>,
    /// The generation that was asked for.
    generation: i64,
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
    if !order.is_closing() || order.generation != answer.generation {
        return Ok(());
    }
    match answer.outcome {
        Some(CloseOutcome::Closed) => finish(tx, app, &mut order, actor).await,
        Some(CloseOutcome::Processing) => Ok(due::postpone(tx, id, app.now() + WHILE_PROCESSING).await?),
        // 'Paid' without a success among the payments settles with the next answer or event.
        Some(CloseOutcome::Paid | CloseOutcome::Unknown) | None => {
            Ok(due::postpone(tx, id, app.now() + WHILE_UNKNOWN).await?)
        }
    }
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
    tracing::info!(order_id = %order.id, actor, "order {action}");
    if held {
        stock::release(tx, &order.items).await?;
    }
    Ok(())
}
