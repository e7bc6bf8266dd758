//! Every event twice: with every field filled, and with nothing optional and zeros elsewhere.

use events::*;
use kernel::{Currency, OrderId, PaymentId};
use time::macros::datetime;

use crate::support::Event;

pub(crate) const ORDER: &str = "019cebab-8995-7eeb-be96-e59ce40f9cb1";
pub(crate) const PAYMENT: &str = "019cebab-8a74-7350-872d-712a127c494d";

fn text(words: &str) -> Option<String> {
    Some(words.to_owned())
}

fn order_id() -> OrderId {
    ORDER.parse().unwrap()
}

fn payment_id() -> PaymentId {
    PAYMENT.parse().unwrap()
}

fn full_line() -> LineItem {
    LineItem {
        product_id: Some("sencha-100g".parse().unwrap()),
        name: "Sencha, 100 g".to_owned(),
        quantity: 2,
        price: "12.50".parse().unwrap(),
        unit_amount: 1250,
        image: text("https://shop.example/sencha.jpg"),
    }
}

fn minimal_line() -> LineItem {
    LineItem {
        product_id: None,
        name: String::new(),
        quantity: 0,
        price: "0".parse().unwrap(),
        unit_amount: 0,
        image: None,
    }
}

fn address(optional: Option<String>) -> ShippingAddress {
    ShippingAddress {
        first_name: "Jane".to_owned(),
        last_name: "Doe".to_owned(),
        line1: "Lindenstraße 12".to_owned(),
        line2: optional.clone(),
        city: "Berlin".to_owned(),
        state: optional.clone(),
        postal_code: "10969".to_owned(),
        country: "DE".to_owned(),
        phone: optional,
    }
}

pub(crate) fn full_payment() -> PaymentSnapshot {
    PaymentSnapshot {
        payment_id: payment_id(),
        attempt: u32::MAX,
        order_id: Some(order_id()),
        booking_id: text("booking-1"),
        sequence: i64::MAX,
        status: status::payment::OPEN.to_owned(),
        user_id: "user-4711".to_owned(),
        email: text("jane.doe@example.com"),
        recipient_id: text("user-12"),
        recipient_email: text("host@example.com"),
        amount: 9_007_199_254_740_993,
        amount_refunded: 2500,
        currency: Currency::USD,
        products: vec![full_line()],
        session_id: text("cs_test_1"),
        payment_intent_id: text("pi_1"),
        declines: 3,
        last_error: Some(LastError {
            code: "card_declined".to_owned(),
            decline_code: text("insufficient_funds"),
            message: "Not enough money.".to_owned(),
            retryable: true,
        }),
        livemode: true,
    }
}

pub(crate) fn minimal_payment() -> PaymentSnapshot {
    PaymentSnapshot {
        payment_id: payment_id(),
        attempt: 0,
        order_id: None,
        booking_id: None,
        sequence: 0,
        status: String::new(),
        user_id: String::new(),
        email: None,
        recipient_id: None,
        recipient_email: None,
        amount: 0,
        amount_refunded: 0,
        currency: Currency::USD,
        products: vec![],
        session_id: None,
        payment_intent_id: None,
        declines: 0,
        last_error: None,
        livemode: false,
    }
}

fn full_order() -> OrderSnapshot {
    OrderSnapshot {
        order_id: order_id(),
        order_number: "T-26-000123".to_owned(),
        sequence: 2,
        status: status::order::PAID.to_owned(),
        payment_status: status::order_payment::SUCCEEDED.to_owned(),
        user_id: "user-4711".to_owned(),
        email: text("jane.doe@example.com"),
        locale: "de".to_owned(),
        items: vec![full_line()],
        total: "25.00".parse().unwrap(),
        amount: 2500,
        currency: Currency::USD,
        tracking_number: text("JD0123"),
    }
}

fn minimal_order() -> OrderSnapshot {
    OrderSnapshot {
        order_id: order_id(),
        order_number: String::new(),
        sequence: 0,
        status: String::new(),
        payment_status: String::new(),
        user_id: String::new(),
        email: None,
        locale: String::new(),
        items: vec![minimal_line()],
        total: "0".parse().unwrap(),
        amount: 0,
        currency: Currency::USD,
        tracking_number: None,
    }
}

fn product(optional: Option<i64>) -> ProductSnapshot {
    ProductSnapshot {
        product_id: "sencha-100g".parse().unwrap(),
        sequence: optional,
        name: "Sencha, 100 g".to_owned(),
        price: "12.50".parse().unwrap(),
        unit_amount: 1250,
        currency: Currency::USD,
        image: optional.map(|_| "https://shop.example/sencha.jpg".to_owned()),
        stock: optional,
    }
}

fn events(
    payment: &PaymentSnapshot,
    order: &OrderSnapshot,
    product: &ProductSnapshot,
    optional: Option<String>,
) -> Vec<Event> {
    let (payment, order, product) = (|| payment.clone(), || order.clone(), || product.clone());
    let words = || optional.clone().unwrap_or_default();
    let payments: [PaymentEvent; 6] = [
        PaymentCreated {
            payment: payment(),
            url: optional.clone(),
            expires_at: datetime!(2026-03-14 09:57:53 UTC),
            shipping_address: optional.clone().map(|text| address(Some(text))),
        }
        .into(),
        PaymentProcessing { payment: payment() }.into(),
        PaymentSuccessful { payment: payment(), payment_method: words(), receipt_url: optional.clone() }
            .into(),
        PaymentFailed {
            payment: payment(),
            reason: words(),
            decline_code: optional.clone(),
            retryable: optional.is_some(),
        }
        .into(),
        PaymentExpired { payment: payment() }.into(),
        PaymentRefunded {
            payment: payment(),
            refund_id: words(),
            refund_amount: optional.as_ref().map_or(0, |_| 2500),
            refund_status: words(),
            reason: optional.clone(),
        }
        .into(),
    ];
    let orders: [OrderEvent; 5] = [
        OrderCreated { order: order() }.into(),
        OrderPaid { order: order() }.into(),
        OrderCancelled { order: order() }.into(),
        OrderExpired { order: order() }.into(),
        OrderRefundRequested {
            refund_request_id: "019cec74-77da-7bb3-8d2a-6f1c0e9a4b5d".parse().unwrap(),
            order_id: order_id(),
            payment_id: payment_id(),
            amount: 2500,
            currency: Currency::USD,
            reason: words(),
        }
        .into(),
    ];
    let products: [ProductEvent; 3] = [
        ProductCreated { product: product() }.into(),
        ProductUpdated { product: product() }.into(),
        ProductDeleted { product: product() }.into(),
    ];
    let payments = payments.into_iter().map(Event::Payment);
    payments
        .chain(orders.into_iter().map(Event::Order))
        .chain(products.into_iter().map(Event::Product))
        .collect()
}

/// Every event with every field filled.
pub(crate) fn full() -> Vec<Event> {
    events(&full_payment(), &full_order(), &product(Some(7)), text("words"))
}

/// Every event with nothing optional; zeros and empty texts elsewhere.
pub(crate) fn minimal() -> Vec<Event> {
    events(&minimal_payment(), &minimal_order(), &product(None), None)
}

/// A `payment.created` whose parts have nothing optional either.
pub(crate) fn sparse_parts() -> Event {
    let payment = PaymentSnapshot {
        products: vec![minimal_line()],
        last_error: Some(LastError {
            code: String::new(),
            decline_code: None,
            message: String::new(),
            retryable: false,
        }),
        ..minimal_payment()
    };
    let shipping_address = Some(address(None));
    let expires_at = datetime!(2026-03-14 09:57:53 UTC);
    Event::Payment(PaymentCreated { payment, url: None, expires_at, shipping_address }.into())
}
