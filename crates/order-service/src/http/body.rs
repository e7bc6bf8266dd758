//! The order as every answer shows it.

use kernel::{Currency, Major, OrderId, decline};
use serde::Serialize;
use time::OffsetDateTime;

use crate::app::view::View;
use crate::domain::address::Address;
use crate::domain::order::Item;
use crate::domain::payment::{LastError, Payment};
use crate::domain::payment_status::{self, Shown};

/// An order. Prices are decimals of the major unit, amounts minor units.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct OrderBody {
    id: OrderId,
    order_number: String,
    user: Option<String>,
    email: Option<String>,
    status: &'static str,
    payment_status: &'static str,
    dispute_status: Option<&'static str>,
    items: Vec<ItemBody>,
    pricing: PricingBody,
    total: Major,
    amount: i64,
    currency: Currency,
    shipping_address: Option<Address>,
    payment: PaymentBody,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    updated_at: OffsetDateTime,
    sequence: i64,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ItemBody {
    product_id: Option<String>,
    name: String,
    quantity: u32,
    price: Major,
    unit_amount: i64,
    image: Option<String>,
}

#[derive(Debug, Serialize)]
struct PricingBody {
    subtotal: Major,
    shipping: Major,
    total: Major,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct PaymentBody {
    method: Option<String>,
    status: &'static str,
    session_id: Option<String>,
    payment_intent_id: Option<String>,
    amount: i64,
    amount_refunded: i64,
    refunds: Vec<RefundBody>,
    last_error: Option<LastErrorBody>,
    attempts: u32,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct RefundBody {
    id: String,
    amount: i64,
    status: String,
    reason: Option<String>,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct LastErrorBody {
    code: String,
    decline_code: Option<String>,
    message: &'static str,
    recommendation: &'static str,
    retryable: bool,
}

impl OrderBody {
    /// All of it, for who may access the order.
    pub(super) fn full(view: &View) -> Self {
        let order = &view.order;
        Self {
            id: order.id,
            order_number: order.number.clone(),
            user: Some(order.buyer.as_str().to_owned()),
            email: order.email.clone(),
            status: order.state.status().as_str(),
            payment_status: order.payment_status.as_str(),
            dispute_status: None,
            items: order.items.iter().map(ItemBody::of).collect(),
            pricing: PricingBody {
                subtotal: order.subtotal.to_major(),
                shipping: order.shipping.to_major(),
                total: order.total.to_major(),
            },
            total: order.total.to_major(),
            amount: order.total.amount,
            currency: order.total.currency,
            shipping_address: order.address.clone(),
            payment: PaymentBody::of(view),
            created_at: order.created_at,
            updated_at: order.updated_at,
            sequence: order.sequence,
        }
    }

    /// For who knows no more than a Session's id: nothing about the person, and nothing that leads further.
    pub(super) fn reduced(view: &View) -> Self {
        let mut body = Self::full(view);
        body.user = None;
        body.email = None;
        body.shipping_address = None;
        body.payment.payment_intent_id = None;
        body
    }

    /// One or the other.
    pub(super) fn of(view: &View, full: bool) -> Self {
        if full { Self::full(view) } else { Self::reduced(view) }
    }
}

impl ItemBody {
    fn of(item: &Item) -> Self {
        Self {
            product_id: item.product_id.as_ref().map(ToString::to_string),
            name: item.name.clone(),
            quantity: item.quantity,
            price: item.unit.to_major(),
            unit_amount: item.unit.amount,
            image: item.image.clone(),
        }
    }
}

impl PaymentBody {
    fn of(view: &View) -> Self {
        let payment = view.payment();
        let details = payment.map(|payment| payment.details.clone()).unwrap_or_default();
        let attempts = view.payments.iter().map(|payment| payment.attempt).max();
        Self {
            method: view.order.method.clone(),
            status: payment.map_or(Shown::Pending, payment_status::of_payment).as_str(),
            session_id: details.session_id,
            payment_intent_id: details.payment_intent_id,
            amount: payment.map_or(view.order.total.amount, |payment| payment.money.amount),
            amount_refunded: payment.map_or(0, |payment| payment.amount_refunded),
            refunds: refunds(view),
            last_error: payment.and_then(last_error),
            attempts: attempts.unwrap_or(0),
        }
    }
}

fn refunds(view: &View) -> Vec<RefundBody> {
    let refunds = view.refunds.iter().map(|refund| RefundBody {
        id: refund.id.clone(),
        amount: refund.amount,
        status: refund.status.clone(),
        reason: refund.reason.clone(),
        created_at: refund.created_at,
    });
    refunds.collect()
}

/// What went wrong last, unless it went well in the end.
fn last_error(payment: &Payment) -> Option<LastErrorBody> {
    let settled = matches!(
        payment_status::of_payment(payment),
        Shown::Succeeded | Shown::PartiallyRefunded | Shown::Refunded
    );
    let error = payment.last_error.as_ref().filter(|_| !settled)?;
    let LastError { code, decline_code, .. } = error;
    let advice = decline::advice(decline_code.as_deref(), code);
    Some(LastErrorBody {
        code: decline::shown(code).to_owned(),
        decline_code: decline_code.as_deref().map(|code| decline::shown(code).to_owned()),
        message: advice.message,
        recommendation: advice.recommendation,
        retryable: advice.retryable,
    })
}
