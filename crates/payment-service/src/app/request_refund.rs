//! order-service wants money back: one refund per payment and reason, stored with its request in the transaction of
//! the message. A worker sends it after the commit.

use events::OrderRefundRequested;
use kernel::Money;
use sea_orm::DatabaseTransaction;

use super::ports::RefundTerms;
use super::{App, UseCaseError, attempt};
use crate::domain::Payment;
use crate::store::refund_requests::{self, RefundRequest};
use crate::store::stripe_requests::{self, Operation};

/// Why a request cannot be followed: the message is wrong, and somebody has to look.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Impossible {
    /// Nothing was captured by this payment as far as we know.
    #[error("the payment has not succeeded")]
    NotPaid,
    /// Of another order.
    #[error("the payment is another order's")]
    OtherOrder,
    /// Nothing, or less.
    #[error("the amount is not positive")]
    Amount,
    /// Of another currency.
    #[error("the currency is another one than the payment's")]
    Currency,
}

/// Stores the refund. What was asked for is cut to what is left of the money, so that never more is given back than was
/// captured.
///
/// # Errors
/// `Impossible` inside, `NotFound` for an unknown payment, or the database's.
pub(crate) async fn request_refund(
    app: &App,
    tx: &DatabaseTransaction,
    asked: &OrderRefundRequested,
) -> Result<(), UseCaseError> {
    let (purchase, payment) = attempt::locked(tx, asked.payment_id).await?;
    let intent_id = check(asked, &payment).map_err(anyhow::Error::new)?;
    let pending = refund_requests::pending(tx, payment.id).await?;
    // A refund that Stripe has told of already is in the ledger, though its request still waits for our own answer.
    let seen = |request: &&RefundRequest| {
        payment.refunds.values().any(|refund| refund.request_id == Some(request.id))
    };
    let promised = pending
        .iter()
        .filter(|request| !seen(request))
        .fold(0_i64, |sum, request| sum.saturating_add(request.amount));
    let left = payment.refundable().saturating_sub(promised).max(0);
    let request = RefundRequest {
        payment_id: payment.id,
        reason: asked.reason.clone(),
        id: asked.refund_request_id,
        amount: asked.amount.min(left),
        round: 1,
    };
    let now = app.clock.now();
    if !refund_requests::insert(tx, &request, now).await? {
        tracing::info!(payment_id = %payment.id, order_id = purchase.id, reason = asked.reason, "a refund was asked for again");
        return Ok(());
    }
    if request.amount < asked.amount {
        let (asked, left) = (Money::new(asked.amount, asked.currency), Money::new(left, asked.currency));
        tracing::warn!(payment_id = %payment.id, order_id = purchase.id, %asked, %left, "less is left than a refund was asked for");
    }
    // Already made: a message that is read again after a backup was put back must not give the money twice.
    if let Some(made) = payment.refunds.values().find(|refund| refund.request_id == Some(request.id)) {
        tracing::info!(payment_id = %payment.id, order_id = purchase.id, refund_id = made.id, "the refund asked for is there");
        return Ok(refund_requests::settle(tx, &request, Some(&made.id), now).await?);
    }
    if request.amount == 0 {
        return Ok(refund_requests::settle(tx, &request, None, now).await?);
    }
    store(app, tx, &request, &intent_id).await
}

fn check(asked: &OrderRefundRequested, payment: &Payment) -> Result<String, Impossible> {
    if payment.purchase_id != asked.order_id.to_string() {
        return Err(Impossible::OtherOrder);
    }
    if asked.amount <= 0 {
        return Err(Impossible::Amount);
    }
    if asked.currency != payment.money.currency {
        return Err(Impossible::Currency);
    }
    payment.intent_id.clone().filter(|_| payment.received > 0).ok_or(Impossible::NotPaid)
}

/// Stores the call to Stripe for a request's current round, due at once.
pub(super) async fn store(
    app: &App,
    tx: &DatabaseTransaction,
    request: &RefundRequest,
    intent_id: &str,
) -> Result<(), UseCaseError> {
    let now = app.clock.now();
    let terms = RefundTerms {
        payment_id: request.payment_id,
        intent_id,
        request_id: request.id,
        reason: &request.reason,
        amount: request.amount,
        round: request.round,
    };
    let of = (request.payment_id, Operation::Refund, Some(request.reason.clone()));
    let stored = attempt::stored(app.stripe.prepare_refund(&terms), of, now, now);
    Ok(stripe_requests::insert(tx, &stored).await?)
}
