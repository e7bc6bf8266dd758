//! Carries out what follows from an order's payments, step by step.

use kernel::{PaymentId, RefundRequestId};
use sea_orm::DatabaseTransaction;

use crate::app::journal::{Note, note};
use crate::app::publish::{self, Happened};
use crate::app::{App, Cause, Error};
use crate::domain::order::{Order, StockState};
use crate::domain::payment::{Payment, PaymentStatus};
use crate::domain::settlement::{self, Facts, Goods, RefundDue, Step};
use crate::domain::state::Status;
use crate::store::stock::Had;
use crate::store::{refunds, stock};

/// Settles `order` by `payments` in the caller's transaction. The caller holds the order's lock and saves it.
pub(crate) async fn settle(
    tx: &DatabaseTransaction,
    app: &App,
    order: &mut Order,
    payments: &[Payment],
    cause: &Cause,
) -> Result<(), Error> {
    if !payments.iter().any(|payment| payment.status == PaymentStatus::Succeeded) {
        return Ok(());
    }
    let mut requested = refunds::requested(tx, order.id).await?;
    let mut refused = false;
    loop {
        let step = settlement::next(&Facts {
            state: &order.state,
            stock: order.stock,
            total: order.total,
            payments,
            requested: &requested,
            refused,
        });
        match step {
            Step::Nothing => break,
            Step::Pay { by, goods } => refused = !pay(tx, app, order, by, goods, cause).await?,
            Step::Abandon(due) => {
                abandon(tx, app, order, cause).await?;
                refund(tx, app, order, &due, cause).await?;
                requested.push(due.payment_id);
            }
            Step::Refund(due) => {
                refund(tx, app, order, &due, cause).await?;
                requested.push(due.payment_id);
            }
        }
    }
    alarm_on_strangers(order, payments);
    Ok(())
}

/// `false` when the goods could not be taken.
async fn pay(
    tx: &DatabaseTransaction,
    app: &App,
    order: &mut Order,
    by: PaymentId,
    goods: Goods,
    cause: &Cause,
) -> Result<bool, Error> {
    match goods {
        Goods::Held => stock::commit(tx, &order.items).await?,
        Goods::ToBeTaken => {
            if stock::take(tx, &order.items).await? != Had::All {
                return Ok(false);
            }
        }
    }
    let from = order.state.status();
    order.state = order.state.pay(by)?;
    order.stock = StockState::Committed;
    let published = publish::order(tx, app, order, Happened::Paid).await?;
    let action = if from == Status::Pending { "paid" } else { "revived" };
    let entry = Note { from: Some(from), payment_id: Some(by), published: Some(published), detail: None };
    note(tx, app, order, cause, action, entry).await?;
    tracing::info!(order_id = %order.id, payment_id = %by, from = %from, "order paid");
    Ok(true)
}

async fn abandon(tx: &DatabaseTransaction, app: &App, order: &mut Order, cause: &Cause) -> Result<(), Error> {
    let from = order.state.status();
    order.state = order.state.abandon()?;
    let published = publish::order(tx, app, order, Happened::Cancelled).await?;
    let entry = Note {
        from: Some(from),
        published: Some(published),
        detail: Some("paid, but its goods are not there".to_owned()),
        ..Note::default()
    };
    note(tx, app, order, cause, "abandoned", entry).await?;
    Ok(())
}

async fn refund(
    tx: &DatabaseTransaction,
    app: &App,
    order: &Order,
    due: &RefundDue,
    cause: &Cause,
) -> Result<(), Error> {
    let id = RefundRequestId::generate(app.clock.as_ref());
    refunds::insert(tx, id, order.id, due, app.now()).await?;
    let published = publish::refund_request(tx, app, order, id, due).await?;
    let entry = Note {
        from: Some(order.state.status()),
        payment_id: Some(due.payment_id),
        published: Some(published),
        detail: Some(format!("{}: {} minor units", due.reason.as_str(), due.money.amount)),
    };
    note(tx, app, order, cause, "refund_requested", entry).await?;
    tracing::warn!(
        order_id = %order.id, payment_id = %due.payment_id, reason = due.reason.as_str(), "refund requested"
    );
    Ok(())
}

/// A success over another sum or currency settles nothing; a person has to look at it.
fn alarm_on_strangers(order: &Order, payments: &[Payment]) {
    for payment in payments {
        if payment.status == PaymentStatus::Succeeded && payment.money != order.total {
            tracing::error!(
                order_id = %order.id, payment_id = %payment.id,
                "a payment succeeded over another amount than the order's"
            );
        }
    }
}
