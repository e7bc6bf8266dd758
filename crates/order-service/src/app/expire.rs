//! Orders whose time is up: closes those past their deadline, and asks again for those still closing.
//!
//! Any number of replicas may run it: each claims other orders.

use kernel::OrderId;
use messaging::database::{ANSWER, begin, transact, within};
use sea_orm::DatabaseTransaction;
use time::Duration;

use crate::app::close::close;
use crate::app::journal::{Note, note};
use crate::app::{App, Cause, Error};
use crate::domain::state::{Closing, Pending, State};
use crate::store::{due, orders};

/// As history names it.
const ACTOR: &str = "worker";
/// When a claimed order is due again, should this process die: later than payment-service may take to answer.
const CLAIM: Duration = Duration::seconds(45);

/// Claims what is due, at most `limit` orders. They have to be taken care of at once, before the claim runs out.
pub(crate) async fn claim(app: &App, limit: u64) -> Result<Vec<OrderId>, Error> {
    let now = app.now();
    within(ANSWER, async {
        let tx = begin(&app.db).await?;
        let claimed = due::claim(&tx, now, now + CLAIM, limit).await?;
        tx.commit().await?;
        Ok(claimed)
    })
    .await
}

/// Takes care of one claimed order.
pub(crate) async fn expire(app: &App, id: OrderId) -> Result<(), Error> {
    let closing =
        transact(&app.db, async |tx: &DatabaseTransaction| begin_closing(tx, app, id).await).await?;
    match closing {
        Some(generation) => close(app, id, generation, ACTOR).await,
        None => Ok(()),
    }
}

/// The generation to close, or none when there is nothing to do now.
async fn begin_closing(tx: &DatabaseTransaction, app: &App, id: OrderId) -> Result<Option<i64>, Error> {
    let Some(mut order) = orders::lock(tx, id).await? else {
        return Ok(None);
    };
    match order.state {
        State::Pending(Pending { closing: Some(_), .. }) => Ok(Some(order.generation)),
        // Held longer since it was claimed.
        State::Pending(Pending { hold_until, .. }) if hold_until > app.now() => {
            due::postpone(tx, id, hold_until).await?;
            Ok(None)
        }
        State::Pending(_) => {
            order.state = order.state.begin_closing(Closing::Expire)?;
            order.updated_at = app.now();
            let entry = Note {
                from: Some(order.state.status()),
                detail: Some("the hold's deadline is over".to_owned()),
                ..Note::default()
            };
            note(tx, app, &order, &Cause::by(ACTOR), "closing", entry).await?;
            orders::save(tx, &order).await?;
            Ok(Some(order.generation))
        }
        State::Paid { .. } | State::Cancelled | State::Expired => Ok(None),
    }
}
