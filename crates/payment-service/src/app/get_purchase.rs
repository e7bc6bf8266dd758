//! Reads a purchase, without asking Stripe.

use events::purchases::Purchase;

use super::{App, UseCaseError, purchase_view};
use crate::domain::Subject;
use crate::store::payments;

/// By its id.
///
/// # Errors
/// `NotFound`, or the database's.
pub(crate) async fn get_purchase(app: &App, id: &str) -> Result<Purchase, UseCaseError> {
    purchase_view::load(&app.db, id).await
}

/// By the id of a Session of any of its payments.
///
/// # Errors
/// `NotFound`, or the database's.
pub(crate) async fn by_session(app: &App, session_id: &str) -> Result<Purchase, UseCaseError> {
    let subject = Subject { session_id: Some(session_id.to_owned()), ..Subject::default() };
    let (_, purchase_id) = payments::locate(&app.db, &subject).await?.ok_or(UseCaseError::NotFound)?;
    purchase_view::load(&app.db, &purchase_id).await
}
