//! The success page asks how a Session came out, perhaps before any webhook did.
//!
//! payment-service reads the Session from Stripe once and the answer is applied like an event. With every
//! webhook dropped, this alone settles the order.

use crate::app::access::Asker;
use crate::app::find_order::id_by_session;
use crate::app::ports::PaymentsError;
use crate::app::view::{self, View};
use crate::app::{App, Error, record, token};
use crate::domain::order::{Buyer, Order};
use crate::domain::payment::PaymentStatus;
use crate::domain::state::State;

/// How a Session came out.
#[derive(Debug, Clone)]
pub(crate) struct Verified {
    pub(crate) view: View,
    /// Whether the asker may see all of the order.
    pub(crate) full: bool,
    /// For a guest who proved to be the buyer.
    pub(crate) token: Option<String>,
}

/// Settles the Session's order as far as Stripe knows it, and answers the order.
pub(crate) async fn verify(
    app: &App,
    session_id: &str,
    guest_email: Option<&str>,
    asker: &Asker,
) -> Result<Verified, Error> {
    let id = id_by_session(app, session_id).await?;
    let mut view = view::load(app, id).await?;
    if may_have_news(&view, session_id) {
        match app.payments.refresh(id).await {
            Ok(purchase) => {
                record::purchase(app, purchase, "payment-service").await?;
                view = view::load(app, id).await?;
            }
            Err(PaymentsError::NotFound) => {}
            Err(error) => return Err(error.into()),
        }
    }
    if is_too_old(app, &view, session_id) {
        return Err(Error::SessionTooOld);
    }
    let by_mail = guest_email.is_some_and(|email| is_guests(&view.order, email));
    let by_token = asker.has_token_of(app, &view.order);
    let token = if by_mail || by_token { token::mint(app, &view.order).await? } else { None };
    Ok(Verified { full: by_mail || asker.may_access(app, &view.order), token, view })
}

/// An order that still waits, or a Session that is not known to have ended.
fn may_have_news(view: &View, session_id: &str) -> bool {
    let waits = matches!(view.order.state, State::Pending(_));
    waits || view.payment_of(session_id).is_none_or(|payment| payment.status.is_live())
}

fn is_too_old(app: &App, view: &View, session_id: &str) -> bool {
    let paid = matches!(view.order.state, State::Paid { .. });
    let payment = view.payment_of(session_id);
    !paid
        && payment.is_some_and(|payment| {
            payment.status != PaymentStatus::Succeeded
                && app.now() - payment.created_at > app.settings.session_max_age
        })
}

fn is_guests(order: &Order, email: &str) -> bool {
    let own = order.email.as_deref();
    order.buyer == Buyer::Guest && own.is_some_and(|own| own.to_lowercase() == email.to_lowercase())
}
