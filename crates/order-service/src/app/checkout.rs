//! A cart becomes an order with a page to pay on.
//!
//! One transaction prices the cart by the catalogue, holds the stock and writes order, history, event and
//! idempotency record; only then payment-service is asked for a Session. The same call again, by key or by
//! the same buyer and cart within a minute, goes on with the same order.

mod place;

use kernel::{Currency, OrderId, crash};
use messaging::database::{DatabaseCause, is_infrastructure, transact};
use sea_orm::DatabaseTransaction;
use service_kit::idempotency::Claim;

use crate::app::journal::about;
use crate::app::open_session::{Opened, open_session};
use crate::app::{App, Error, token};
use crate::domain::address::Address;
use crate::domain::order::{Buyer, Redirects};
use crate::domain::pricing::CartLine;

/// A checkout, every field checked at the edge.
#[derive(Debug, Clone)]
pub(crate) struct Checkout {
    pub(crate) buyer: Buyer,
    pub(crate) buyer_name: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) locale: String,
    pub(crate) lines: Vec<CartLine>,
    pub(crate) currency: Currency,
    pub(crate) address: Address,
    pub(crate) method: String,
    pub(crate) redirects: Redirects,
    /// The caller's idempotency key.
    pub(crate) claim: Option<Claim>,
    /// As history names the caller.
    pub(crate) actor: String,
}

/// The answer to a checkout.
#[derive(Debug, Clone)]
pub(crate) struct CheckedOut {
    pub(crate) opened: Opened,
    /// Guests' key to the order.
    pub(crate) token: Option<String>,
    /// The idempotency key had been answered before.
    pub(crate) replayed: bool,
}

/// Which order the checkout is about.
#[derive(Debug, Clone, Copy)]
struct Placed {
    id: OrderId,
    replayed: bool,
}

/// Checks out.
pub(crate) async fn checkout(app: &App, request: &Checkout) -> Result<CheckedOut, Error> {
    let placed = placed(app, request).await?;
    crash::at("checkout.committed");
    app.wakeup.notify();
    about(placed.id);
    let done = pay(app, placed).await;
    crash::at("checkout.opened");
    if let Some(claim) = &request.claim {
        let clock = app.clock.as_ref();
        match &done {
            Ok(_) => {
                // The checkout is done; without this mark the same call finds its order again all the same.
                if let Err(error) = claim.finish(&app.db, clock).await {
                    tracing::warn!(%error, "an idempotency key was not finished");
                }
            }
            Err(_) if placed.replayed => {}
            Err(_) => {
                // The caller learns why the checkout failed; that the key stays taken for a minute is less.
                if let Err(error) = claim.release(&app.db, clock).await {
                    tracing::warn!(%error, "an idempotency key was not released");
                }
            }
        }
    }
    crash::at("checkout.before_response");
    done
}

/// Places the order. When the database went away in the middle nobody knows whether that was committed: the same again
/// finds what it did, by the key or by buyer and cart.
async fn placed(app: &App, request: &Checkout) -> Result<Placed, Error> {
    let place = || transact(&app.db, async |tx: &DatabaseTransaction| place::place(tx, app, request).await);
    let placed = place().await;
    match placed.as_ref().err().and_then(|error| error.database_cause()) {
        Some(cause) if is_infrastructure(cause) => {
            tracing::warn!(error = %cause, "the database went away while an order was placed: looking again");
            place().await
        }
        _ => placed,
    }
}

async fn pay(app: &App, placed: Placed) -> Result<CheckedOut, Error> {
    let opened = open_session(app, placed.id).await?;
    let token = token::mint(app, &opened.view.order).await?;
    tracing::info!(
        order_id = %placed.id, order_number = opened.view.order.number, session_id = opened.session_id,
        replayed = placed.replayed, "checkout"
    );
    Ok(CheckedOut { opened, token, replayed: placed.replayed })
}
