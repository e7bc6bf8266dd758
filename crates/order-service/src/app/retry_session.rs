//! Another try to pay: the open Session again, or a new one. An expired order holds its stock again first.

use kernel::OrderId;
use messaging::database::transact;
use sea_orm::DatabaseTransaction;

use crate::app::access::Asker;
use crate::app::checkout::CheckedOut;
use crate::app::journal::{Note, note};
use crate::app::open_session::open_session;
use crate::app::{App, Cause, Error, access, token};
use crate::domain::order::StockState;
use crate::domain::payment::PaymentStatus;
use crate::domain::state::State;
use crate::store::stock::Had;
use crate::store::{orders, payments, stock};

/// Other pages to return to than before.
#[derive(Debug, Clone, Default)]
pub(crate) struct Elsewhere {
    pub(crate) success_url: Option<String>,
    pub(crate) cancel_url: Option<String>,
}

/// Tries again. Concurrent calls agree on one Session.
pub(crate) async fn retry_session(
    app: &App,
    id: OrderId,
    asker: &Asker,
    elsewhere: &Elsewhere,
) -> Result<CheckedOut, Error> {
    access::open(app, id, asker).await?;
    transact(&app.db, async |tx: &DatabaseTransaction| prepare(tx, app, id, &asker.actor, elsewhere).await)
        .await?;
    let opened = open_session(app, id).await?;
    let token = token::mint(app, &opened.view.order).await?;
    Ok(CheckedOut { opened, token, replayed: false })
}

async fn prepare(
    tx: &DatabaseTransaction,
    app: &App,
    id: OrderId,
    actor: &str,
    elsewhere: &Elsewhere,
) -> Result<(), Error> {
    let mut order = orders::lock(tx, id).await?.ok_or(Error::NotFound)?;
    let before = order.clone();
    if let Some(url) = &elsewhere.success_url {
        order.redirects.success_url.clone_from(url);
    }
    if let Some(url) = &elsewhere.cancel_url {
        order.redirects.cancel_url.clone_from(url);
    }
    let known = payments::of_order(tx, id).await?;
    let any = |status| known.iter().any(|payment| payment.status == status);
    match order.state {
        State::Paid { .. } => return Err(Error::AlreadyPaid),
        State::Cancelled => return Err(Error::NotPayable),
        State::Pending(pending) if pending.closing.is_some() => return Err(Error::NotPayable),
        // It was paid once and that settled nothing: the money is on its way back, or a person looks at it.
        // payment-service opens no page beside it, so there is nothing to hold stock for.
        _ if any(PaymentStatus::Succeeded) => return Err(Error::NotPayable),
        State::Pending(_) => {
            if any(PaymentStatus::Processing) {
                return Err(Error::Processing);
            }
        }
        State::Expired => {
            let from = order.state.status();
            order.state = order.state.reopen(app.hold_until())?;
            order.generation += 1;
            order.stock = StockState::Held;
            let entry = Note {
                from: Some(from),
                detail: Some(format!("generation {}", order.generation)),
                ..Note::default()
            };
            note(tx, app, &order, &Cause::by(actor), "reopened", entry).await?;
        }
    }
    if order == before {
        return Ok(());
    }
    order.updated_at = app.now();
    orders::save(tx, &order).await?;
    if before.state == State::Expired
        && let Had::Short(product) = stock::hold(tx, &order.items).await?
    {
        return Err(Error::OutOfStock(product));
    }
    Ok(())
}
