//! The buyer gives up an order. Stripe is asked first: what is paid there is settled, not cancelled.

use kernel::OrderId;
use messaging::database::transact;
use sea_orm::DatabaseTransaction;

use crate::app::access::Asker;
use crate::app::close::close;
use crate::app::journal::{Note, note};
use crate::app::view::View;
use crate::app::{App, Cause, Error, access};
use crate::domain::state::{Closing, State};
use crate::store::orders;

/// Cancels. The order comes back cancelled, or still closing when Stripe's word is not known yet.
pub(crate) async fn cancel(app: &App, id: OrderId, asker: &Asker) -> Result<View, Error> {
    access::open(app, id, asker).await?;
    let closing =
        transact(&app.db, async |tx: &DatabaseTransaction| begin(tx, app, id, &asker.actor).await).await?;
    if let Some(generation) = closing {
        match close(app, id, generation, &asker.actor).await {
            // It is marked, and a worker asks again.
            Err(Error::Payments(error)) => {
                tracing::warn!(order_id = %id, %error, "an order stays closing");
            }
            other => other?,
        }
    }
    let view = access::open(app, id, asker).await?;
    match view.order.state {
        State::Paid { .. } => Err(Error::AlreadyPaid),
        _ => Ok(view),
    }
}

/// Marks the order as closing; answers its generation, or none when it is cancelled already.
async fn begin(tx: &DatabaseTransaction, app: &App, id: OrderId, actor: &str) -> Result<Option<i64>, Error> {
    let mut order = orders::lock(tx, id).await?.ok_or(Error::NotFound)?;
    let already = order.is_closing();
    order.state = match order.state {
        State::Cancelled => return Ok(None),
        State::Paid { .. } => return Err(Error::AlreadyPaid),
        state => state.begin_closing(Closing::Cancel)?,
    };
    if !already {
        order.updated_at = app.now();
        let entry = Note { from: Some(order.state.status()), ..Note::default() };
        note(tx, app, &order, &Cause::by(actor), "closing", entry).await?;
        orders::save(tx, &order).await?;
    }
    Ok(Some(order.generation))
}
