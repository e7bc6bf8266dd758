//! Applies snapshots of payments to their order, and carries out what follows.
//!
//! The same for an event and for an answer of payment-service: both are ranked by the payment's sequence, so
//! whichever comes second changes nothing.

use ::events::purchases::{Purchase, PurchaseKind};
use kernel::OrderId;
use messaging::database::transact;
use sea_orm::DatabaseTransaction;

use crate::app::create_from_payment::create_from_payment;
use crate::app::journal::{Note, about, about_payment, note};
use crate::app::settle::settle;
use crate::app::{App, Cause, Error, Observed};
use crate::domain::order::Order;
use crate::domain::payment::{self, Outcome, Payment};
use crate::domain::payment_status;
use crate::domain::state::{Pending, State};
use crate::store::{orders, payments};

/// Applies one snapshot in the caller's transaction.
pub(crate) async fn snapshot(
    tx: &DatabaseTransaction,
    app: &App,
    observed: &Observed,
    actor: &str,
) -> Result<(), Error> {
    about(observed.order_id);
    about_payment(observed.payment.id);
    let cause = Cause { actor: actor.to_owned(), event_id: observed.event_id };
    let mut order = match orders::lock(tx, observed.order_id).await? {
        Some(order) => order,
        None => create_from_payment(tx, app, observed, &cause).await?,
    };
    let before = order.clone();
    let mut known = payments::of_order(tx, order.id).await?;
    let outcome = payment::apply(&mut known, observed.payment.clone());
    if outcome != (Outcome::Superseded { filled: false }) {
        put(tx, &order, &known, observed).await?;
    }
    let refund_changed = match &observed.refund {
        Some(refund) => payments::put_refund(tx, order.id, refund).await?,
        None => false,
    };
    adopt(&mut order, &known, observed);
    outlive_sessions(app, &mut order, &known)?;
    if outcome == Outcome::Advanced {
        advanced(tx, app, &order, observed, &cause).await?;
    }
    settle(tx, app, &mut order, &known, &cause).await?;
    if order != before || refund_changed || outcome == Outcome::Advanced {
        order.updated_at = app.now();
        orders::save(tx, &order).await?;
    }
    Ok(())
}

/// Applies a whole answer of payment-service. None when it is about no order.
pub(crate) async fn purchase(app: &App, purchase: Purchase, actor: &str) -> Result<Option<OrderId>, Error> {
    let Some((id, observed)) = read(purchase)? else {
        return Ok(None);
    };
    let all = observed.as_slice();
    transact(&app.db, async |tx: &DatabaseTransaction| states(tx, app, all, actor).await).await?;
    app.wakeup.notify();
    Ok(Some(id))
}

/// Applies the snapshots of one order in the caller's transaction.
pub(crate) async fn states(
    tx: &DatabaseTransaction,
    app: &App,
    observed: &[Observed],
    actor: &str,
) -> Result<(), Error> {
    for observed in observed {
        snapshot(tx, app, observed, actor).await?;
    }
    Ok(())
}

/// What an answer of payment-service says; none when it is about no order.
pub(crate) fn read(purchase: Purchase) -> Result<Option<(OrderId, Vec<Observed>)>, Error> {
    if purchase.kind != PurchaseKind::Order {
        return Ok(None);
    }
    let id: OrderId = purchase
        .id
        .parse()
        .map_err(|error| anyhow::Error::new(error).context("payment-service answered a strange order id"))?;
    let observed = purchase.payments.into_iter().filter_map(Observed::from_state);
    Ok(Some((id, observed.filter(|one| one.order_id == id).collect())))
}

async fn put(
    tx: &DatabaseTransaction,
    order: &Order,
    known: &[Payment],
    observed: &Observed,
) -> Result<(), Error> {
    if let Some(payment) = known.iter().find(|payment| payment.id == observed.payment.id) {
        payments::put(tx, order.id, payment).await?;
    }
    Ok(())
}

/// What the order itself shows of its payments.
fn adopt(order: &mut Order, known: &[Payment], observed: &Observed) {
    order.payment_status = payment_status::of_order(known);
    if let Some(method) = payment_status::deciding(known).and_then(|payment| payment.details.method.clone()) {
        order.method = Some(method);
    }
    if order.email.is_none() {
        order.email.clone_from(&observed.purchase.email);
    }
    if order.address.is_none() {
        order.address.clone_from(&observed.purchase.address);
    }
}

/// A pending order waits longer than any Session it may still be paid by. One that is closing waits for the
/// Session's end, not for a deadline.
fn outlive_sessions(app: &App, order: &mut Order, known: &[Payment]) -> Result<(), Error> {
    let State::Pending(Pending { hold_until, closing: None }) = order.state else { return Ok(()) };
    let payable = known.iter().filter(|payment| payment.is_payable(app.now()));
    let last_end = payable.filter_map(|payment| payment.details.expires_at).max();
    if let Some(later) = last_end.and_then(|end| app.hold_beyond(end)).filter(|later| *later > hold_until) {
        order.state = order.state.extend(later)?;
    }
    Ok(())
}

async fn advanced(
    tx: &DatabaseTransaction,
    app: &App,
    order: &Order,
    observed: &Observed,
    cause: &Cause,
) -> Result<(), Error> {
    let payment = &observed.payment;
    tracing::info!(
        order_id = %order.id, payment_id = %payment.id, sequence = payment.sequence,
        status = payment.status.as_str(), "payment snapshot applied"
    );
    let detail = format!(
        "attempt {}, sequence {}: {}, {} declines, {} refunded",
        payment.attempt,
        payment.sequence,
        payment.status.as_str(),
        payment.declines,
        payment.amount_refunded
    );
    let entry = Note {
        from: Some(order.state.status()),
        payment_id: Some(payment.id),
        detail: Some(detail),
        ..Note::default()
    };
    Ok(note(tx, app, order, cause, "payment_advanced", entry).await?)
}
