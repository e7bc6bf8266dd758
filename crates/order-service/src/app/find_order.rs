//! The order a Session belongs to.

use kernel::OrderId;

use crate::app::journal::about;
use crate::app::ports::PaymentsError;
use crate::app::view::{self, View};
use crate::app::{App, Error, record};
use crate::store::payments;

/// The order of a Session. When no event of it has arrived yet, payment-service is asked.
pub(crate) async fn id_by_session(app: &App, session_id: &str) -> Result<OrderId, Error> {
    let id = look_up(app, session_id).await?;
    about(id);
    Ok(id)
}

async fn look_up(app: &App, session_id: &str) -> Result<OrderId, Error> {
    if let Some(id) = payments::order_of_session(&app.db, session_id).await? {
        return Ok(id);
    }
    let purchase = app.payments.by_session(session_id).await.map_err(|error| match error {
        PaymentsError::NotFound => Error::NotFound,
        other => other.into(),
    })?;
    let id = record::purchase(app, purchase, "payment-service").await?;
    id.ok_or(Error::NotFound)
}

/// What is known of a Session's order.
pub(crate) async fn by_session(app: &App, session_id: &str) -> Result<View, Error> {
    let id = id_by_session(app, session_id).await?;
    view::load(app, id).await
}
