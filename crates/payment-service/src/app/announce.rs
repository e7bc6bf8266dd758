//! From a step of a payment to its event, and to the log once it is committed.

use events::{
    PaymentCreated, PaymentEvent, PaymentExpired, PaymentFailed, PaymentProcessing, PaymentRefunded,
    PaymentSuccessful,
};
use service_kit::telemetry::mask_email;

use super::snapshot::{email, snapshot};
use super::{App, trace};
use crate::domain::{Change, Purchase, Step};

/// The event that publishes a step.
pub(super) fn event(purchase: &Purchase, step: &Step) -> PaymentEvent {
    let payment = snapshot(purchase, &step.after);
    match &step.change {
        Change::Created => PaymentCreated {
            payment,
            url: step.after.url.clone(),
            expires_at: step.after.expires_at,
            shipping_address: purchase
                .shipping_address
                .clone()
                .and_then(|address| serde_json::from_value(address).ok()),
        }
        .into(),
        Change::Processing => PaymentProcessing { payment }.into(),
        Change::Succeeded => PaymentSuccessful {
            payment,
            payment_method: method(purchase, step),
            receipt_url: step.after.receipt_url.clone(),
        }
        .into(),
        Change::Failed(error) => PaymentFailed {
            payment,
            reason: error.message.clone(),
            decline_code: error.decline_code.clone(),
            retryable: error.retryable,
        }
        .into(),
        Change::Expired => PaymentExpired { payment }.into(),
        Change::Refunded(refund) => PaymentRefunded {
            payment,
            refund_id: refund.id.clone(),
            refund_amount: refund.amount,
            refund_status: refund.status.published().to_owned(),
            reason: refund.reason.clone(),
        }
        .into(),
    }
}

/// What it was paid by: as Stripe said, else the only method there was to choose.
fn method(purchase: &Purchase, step: &Step) -> String {
    let only = match purchase.payment_method_types.as_slice() {
        [only] => Some(only),
        _ => None,
    };
    step.after.method.as_ref().or(only).cloned().unwrap_or_else(|| "unknown".to_owned())
}

/// What has been committed and waits to be told.
#[derive(Debug, Default)]
#[must_use = "tell it after the commit"]
pub(super) struct News(Vec<(Purchase, Step)>);

impl News {
    /// Adds a step that is about to be committed.
    pub(super) fn add(&mut self, purchase: &Purchase, step: Step) {
        self.0.push((purchase.clone(), step));
    }

    /// After the commit: wakes the relay, counts and logs.
    pub(super) fn tell(self, app: &App) {
        if self.0.is_empty() {
            return;
        }
        app.wakeup.notify();
        for (purchase, step) in self.0 {
            let span = trace::continued(step.after.traceparent.as_deref());
            span.in_scope(|| log(app, &purchase, &step));
        }
    }
}

fn log(app: &App, purchase: &Purchase, step: &Step) {
    let payment = &step.after;
    let masked = email(purchase, payment).map(mask_email);
    let (payment_id, order_id) = (payment.id, purchase.id.as_str());
    match &step.change {
        Change::Succeeded => {
            app.metrics.change("succeeded");
            tracing::info!(
                %payment_id, order_id,
                paymentId = %payment_id, orderId = order_id,
                amount = payment.money.amount, currency = payment.money.currency.code(), email = masked,
                sessionId = payment.session_id, paymentIntentId = payment.intent_id,
                "Payment processed successfully"
            );
        }
        Change::Failed(error) => {
            app.metrics.change("failed");
            tracing::info!(
                %payment_id, order_id,
                paymentId = %payment_id, orderId = order_id,
                amount = payment.money.amount, currency = payment.money.currency.code(), email = masked,
                sessionId = payment.session_id, paymentIntentId = payment.intent_id,
                reason = error.code, declineCode = error.decline_code,
                "Payment failed"
            );
        }
        Change::Created => moved(app, "created", &payment_id, order_id),
        Change::Processing => moved(app, "processing", &payment_id, order_id),
        Change::Expired => moved(app, "expired", &payment_id, order_id),
        Change::Refunded(refund) => {
            app.metrics.change("refunded");
            let (refund_id, status) = (&refund.id, refund.status);
            tracing::info!(%payment_id, order_id, refund_id, %status, amount = refund.amount, "Payment refunded");
            if !refund.status.counts() {
                app.metrics.alarm("refund_failed");
                tracing::error!(%payment_id, order_id, refund_id, %status, "a refund failed: the money is ours again");
            }
            if payment.refunded() > payment.received {
                app.metrics.alarm("over_refunded");
                tracing::error!(%payment_id, order_id, "more was given back than was captured");
            }
        }
    }
}

fn moved(app: &App, change: &'static str, payment_id: &kernel::PaymentId, order_id: &str) {
    app.metrics.change(change);
    tracing::info!(%payment_id, order_id, change, "payment moved");
}
