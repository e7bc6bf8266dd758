//! From a payment to what the event contract says about it.

use events::{LastError, LineItem, PaymentSnapshot};
use kernel::Money;

use crate::domain::{Item, Kind, Payment, PaymentError, Purchase, Status};

/// The payment as events and the internal API show it.
pub(super) fn snapshot(purchase: &Purchase, payment: &Payment) -> PaymentSnapshot {
    let order_id = match purchase.kind {
        Kind::Order => purchase.id.parse().ok(),
        Kind::Booking => None,
    };
    let paid = payment.status == Status::Succeeded;
    PaymentSnapshot {
        payment_id: payment.id,
        attempt: payment.attempt,
        booking_id: order_id.is_none().then(|| purchase.id.clone()),
        order_id,
        sequence: payment.sequence,
        status: payment.status.as_str().to_owned(),
        user_id: purchase.user_id.clone(),
        email: email(purchase, payment).map(str::to_owned),
        recipient_id: None,
        recipient_email: None,
        amount: payment.money.amount,
        amount_refunded: payment.refunded(),
        currency: payment.money.currency,
        products: purchase.items.iter().map(|item| line(item, payment.money)).collect(),
        session_id: payment.session_id.clone(),
        payment_intent_id: payment.intent_id.clone(),
        declines: u32::try_from(payment.declines.len()).unwrap_or(u32::MAX),
        // Whoever has paid in the end does not want to hear of it.
        last_error: payment.last_error().filter(|_| !paid).map(last_error),
        livemode: payment.livemode,
    }
}

/// Where the buyer is written to: the address we were given, else the one typed at Stripe.
pub(super) fn email<'a>(purchase: &'a Purchase, payment: &'a Payment) -> Option<&'a str> {
    purchase.email.as_deref().or(payment.email.as_deref())
}

fn line(item: &Item, total: Money) -> LineItem {
    LineItem {
        product_id: item.product_id.clone(),
        name: item.name.clone(),
        quantity: item.quantity,
        price: Money::new(item.unit_amount, total.currency).to_major(),
        unit_amount: item.unit_amount,
        image: item.image.clone(),
    }
}

fn last_error(error: &PaymentError) -> LastError {
    LastError {
        code: error.code.clone(),
        decline_code: error.decline_code.clone(),
        message: error.message.clone(),
        retryable: error.retryable,
    }
}
