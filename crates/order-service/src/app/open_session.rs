//! Gives a pending order a page to pay on: the live Session, or the next attempt's.

use std::collections::BTreeMap;

use ::events::ShippingAddress;
use ::events::purchases::EnsureSession;
use kernel::OrderId;
use messaging::database::transact;
use sea_orm::DatabaseTransaction;
use time::Duration;

use crate::app::ports::PaymentsError;
use crate::app::view::{self, View};
use crate::app::{App, Error, publish, record};
use crate::domain::address::Address;
use crate::domain::order::{Order, StockState};
use crate::domain::payment::PaymentStatus;
use crate::domain::state::{Pending, State};
use crate::store::stock::Had;
use crate::store::{orders, payments, stock};

/// A deadline is moved by more than this or not at all: a checkout has just set it.
const WORTH_WRITING: Duration = Duration::seconds(2);

/// A page to pay an order on.
#[derive(Debug, Clone)]
pub(crate) struct Opened {
    pub(crate) view: View,
    pub(crate) session_id: String,
    pub(crate) url: String,
}

/// The order's payable Session. The stock is held first, longer than the Session can live; should the answer tell of
/// a Session that ends later than was thought, recording it moves the deadline.
///
/// When payment-service does not do its part the order stays as it is and the same call goes on with it.
pub(crate) async fn open_session(app: &App, id: OrderId) -> Result<Opened, Error> {
    let order = transact(&app.db, async |tx: &DatabaseTransaction| prepare(tx, app, id).await).await?;
    let unfinished = |cause| Error::Unfinished { order_id: order.id, number: order.number.clone(), cause };
    let answer = app.payments.ensure_session(id, &body(&order)).await;
    let purchase = answer.map_err(|error| match error {
        PaymentsError::Problem { code } if code == "purchase_closed" => Error::NotPayable,
        other => unfinished(other),
    })?;
    record::purchase(app, purchase, "payment-service").await?;
    let view = view::load(app, id).await?;
    if let Some(ended) = close_if_ended(app, &view).await {
        return Err(ended);
    }
    // Money that settled nothing is there already: payment-service opens no other page.
    if view.payments.iter().any(|payment| payment.status == PaymentStatus::Succeeded) {
        return Err(Error::NotPayable);
    }
    let newest = view.payments.iter().max_by_key(|payment| payment.attempt);
    let details = newest.map(|payment| (payment.status, payment.details.clone()));
    match details {
        Some((PaymentStatus::Processing, _)) => Err(Error::Processing),
        Some((PaymentStatus::Open, details)) if details.session_id.is_some() && details.url.is_some() => {
            Ok(Opened {
                session_id: details.session_id.unwrap_or_default(),
                url: details.url.unwrap_or_default(),
                view,
            })
        }
        _ => Err(unfinished(PaymentsError::Unreachable(anyhow::anyhow!(
            "payment-service answered no open session"
        )))),
    }
}

/// An order that was ended while payment-service was asked must not keep a page to pay on.
async fn close_if_ended(app: &App, view: &View) -> Option<Error> {
    match view.order.state {
        State::Pending(Pending { closing: None, .. }) => None,
        State::Paid { .. } => Some(Error::AlreadyPaid),
        State::Pending(_) => Some(Error::NotPayable),
        State::Cancelled | State::Expired => {
            if let Err(error) = app.payments.close(view.order.id, view.order.generation).await {
                tracing::warn!(order_id = %view.order.id, %error, "the session of an ended order was not closed");
            }
            Some(Error::NotPayable)
        }
    }
}

async fn prepare(tx: &DatabaseTransaction, app: &App, id: OrderId) -> Result<Order, Error> {
    let mut order = orders::lock(tx, id).await?.ok_or(Error::NotFound)?;
    let hold_until = match order.state {
        State::Paid { .. } => return Err(Error::AlreadyPaid),
        State::Pending(Pending { hold_until, closing: None }) => hold_until,
        State::Pending(_) | State::Cancelled | State::Expired => return Err(Error::NotPayable),
    };
    let before = order.clone();
    let (known, now) = (payments::of_order(tx, id).await?, app.now());
    let payable = known.iter().any(|payment| payment.is_payable(now));
    let later = app.hold_until();
    if !payable && later - hold_until > WORTH_WRITING {
        order.state = order.state.extend(later)?;
    }
    order.stock = StockState::Held;
    if order != before {
        order.updated_at = now;
        orders::save(tx, &order).await?;
    }
    if before.stock != StockState::Held
        && let Had::Short(product) = stock::hold(tx, &order.items).await?
    {
        return Err(Error::OutOfStock(product));
    }
    Ok(order)
}

fn body(order: &Order) -> EnsureSession {
    let redirects = order.redirects.for_order(order.id);
    let mut products: Vec<_> = order.items.iter().map(publish::line).collect();
    for product in &mut products {
        // Stripe takes absolute URLs only; a picture of our own pages is no use to it.
        product.image.take_if(|image| !(image.starts_with("https://") || image.starts_with("http://")));
    }
    EnsureSession {
        generation: order.generation,
        user_id: order.buyer.as_str().to_owned(),
        email: order.email.clone(),
        currency: order.total.currency,
        amount: order.total.amount,
        products,
        shipping_address: order.address.clone().map(shipping_address),
        success_url: redirects.success_url,
        cancel_url: redirects.cancel_url,
        payment_method_types: order.method.clone().map(|method| vec![method]),
        hold_until: order.hold_until().unwrap_or(order.updated_at),
        metadata: BTreeMap::from([("order_number".to_owned(), order.number.clone())]),
    }
}

fn shipping_address(address: Address) -> ShippingAddress {
    ShippingAddress {
        first_name: address.first_name,
        last_name: address.last_name,
        line1: address.line1,
        line2: address.line2,
        city: address.city,
        state: address.state,
        postal_code: address.postal_code,
        country: address.country,
        phone: address.phone,
    }
}
