//! From events to the facts of a letter.

use events::{LineItem, OrderSnapshot, PaymentFailed, PaymentRefunded, PaymentSnapshot};

use crate::domain::{Line, OrderFacts, PaymentFacts, Purchase, RefundCause, RefundFacts, clean};

/// What an order's mail says.
pub(super) fn order_facts(order: &OrderSnapshot) -> OrderFacts {
    OrderFacts {
        order_id: order.order_id.to_string(),
        order_number: clean(&order.order_number),
        lines: lines(&order.items),
        amount: order.amount,
        currency: order.currency,
    }
}

/// What the mail about a declined attempt says.
pub(super) fn payment_facts(failed: &PaymentFailed, purchase: Purchase) -> PaymentFacts {
    let payment = &failed.payment;
    let error = payment.last_error.as_ref();
    let decline_code = failed.decline_code.clone().or_else(|| error?.decline_code.clone());
    PaymentFacts {
        purchase,
        lines: lines(&payment.products),
        amount: payment.amount,
        currency: payment.currency,
        code: error.map(|error| error.code.clone()).unwrap_or_default(),
        decline_code,
    }
}

/// What the mail about a refund says.
pub(super) fn refund_facts(refunded: &PaymentRefunded, purchase: Purchase) -> RefundFacts {
    RefundFacts {
        purchase,
        amount: refunded.refund_amount,
        currency: refunded.payment.currency,
        cause: RefundCause::from_text(refunded.reason.as_deref()),
    }
}

/// What a payment is for; `None` when nobody knows.
pub(super) fn purchase(payment: &PaymentSnapshot) -> Option<Purchase> {
    let order = payment.order_id.map(|id| Purchase::Order(id.to_string()));
    order.or_else(|| payment.booking_id.clone().map(Purchase::Booking))
}

fn lines(items: &[LineItem]) -> Vec<Line> {
    items.iter().map(|item| Line::new(&item.name, item.quantity, item.unit_amount)).collect()
}
