//! Events as the other services publish them.

use std::time::Duration;

use events::{
    Envelope, EventData, LastError, LineItem, OrderCancelled, OrderExpired, OrderPaid, OrderSnapshot,
    PaymentFailed, PaymentRefunded, PaymentSnapshot, PaymentSuccessful, headers,
};
use kernel::{Currency, EventId, Money, OrderId, PaymentId, SystemClock};
use rdkafka::ClientConfig;
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{FutureProducer, FutureRecord};
use test_support::TopicPrefix;
use time::format_description::well_known::Rfc3339;

pub const BUYER: &str = "jane.doe@example.com";
/// Of every event.
pub const TRACE_ID: &str = "0af7651916cd43dd8448eb211c80319c";

pub fn order(name: &str) -> OrderSnapshot {
    let currency = Currency::USD;
    OrderSnapshot {
        order_id: OrderId::generate(&SystemClock),
        order_number: "T-26-000042".into(),
        sequence: 2,
        status: "paid".into(),
        payment_status: "succeeded".into(),
        user_id: "guest".into(),
        email: Some(BUYER.into()),
        locale: "en".into(),
        items: vec![line(name)],
        total: Money::new(5998, currency).to_major(),
        amount: 5998,
        currency,
        tracking_number: None,
    }
}

fn line(name: &str) -> LineItem {
    LineItem {
        product_id: None,
        name: name.into(),
        quantity: 2,
        price: Money::new(2999, Currency::USD).to_major(),
        unit_amount: 2999,
        image: None,
    }
}

pub fn payment(order_id: OrderId, decline_code: &str) -> PaymentSnapshot {
    PaymentSnapshot {
        payment_id: PaymentId::generate(&SystemClock),
        attempt: 1,
        order_id: Some(order_id),
        booking_id: None,
        sequence: 2,
        status: "open".into(),
        user_id: "guest".into(),
        email: Some(BUYER.into()),
        recipient_id: None,
        recipient_email: None,
        amount: 5998,
        amount_refunded: 0,
        currency: Currency::USD,
        products: vec![line("Cup")],
        session_id: None,
        payment_intent_id: None,
        declines: 1,
        last_error: Some(LastError {
            code: "card_declined".into(),
            decline_code: Some(decline_code.into()),
            message: "declined".into(),
            retryable: false,
        }),
        livemode: false,
    }
}

pub fn paid(order: OrderSnapshot) -> Envelope<OrderPaid> {
    envelope(OrderPaid { order })
}

pub fn cancelled(order: OrderSnapshot) -> Envelope<OrderCancelled> {
    envelope(OrderCancelled { order })
}

pub fn expired(order: OrderSnapshot) -> Envelope<OrderExpired> {
    envelope(OrderExpired { order })
}

pub fn failed(payment: PaymentSnapshot) -> Envelope<PaymentFailed> {
    let error = payment.last_error.clone();
    envelope(PaymentFailed {
        decline_code: error.and_then(|error| error.decline_code),
        payment,
        reason: "declined".into(),
        retryable: false,
    })
}

pub fn successful(payment: PaymentSnapshot) -> Envelope<PaymentSuccessful> {
    envelope(PaymentSuccessful { payment, payment_method: "card".into(), receipt_url: None })
}

pub fn refunded(
    payment: PaymentSnapshot,
    id: &str,
    amount: i64,
    status: &str,
    reason: &str,
) -> Envelope<PaymentRefunded> {
    envelope(PaymentRefunded {
        payment,
        refund_id: id.into(),
        refund_amount: amount,
        refund_status: status.into(),
        reason: Some(reason.into()),
    })
}

fn envelope<T: EventData>(data: T) -> Envelope<T> {
    use kernel::Clock;
    Envelope::new(EventId::generate(&SystemClock), SystemClock.now(), data)
}

/// Publishes under a test's prefix.
pub struct Publisher {
    producer: FutureProducer,
    prefix: TopicPrefix,
}

impl Publisher {
    pub fn new(prefix: &TopicPrefix) -> Self {
        let producer = ClientConfig::new()
            .set("bootstrap.servers", test_support::brokers())
            .set("partitioner", "murmur2_random")
            .create()
            .unwrap();
        Self { producer, prefix: prefix.clone() }
    }

    pub async fn publish<T: EventData>(&self, event: &Envelope<T>) {
        let id = event.event_id.to_string();
        let time = event.timestamp.format(&Rfc3339).unwrap();
        let traceparent = format!("00-{TRACE_ID}-b7ad6b7169203331-01");
        let pairs = [
            (headers::SPECVERSION, headers::SPECVERSION_VALUE),
            (headers::ID, id.as_str()),
            (headers::TYPE, event.event_type.as_str()),
            (headers::SOURCE, "/test"),
            (headers::TIME, time.as_str()),
            (headers::CONTENT_TYPE, headers::CONTENT_TYPE_VALUE),
            (headers::TRACEPARENT, traceparent.as_str()),
        ];
        let headers = pairs.into_iter().fold(OwnedHeaders::new(), |headers, (key, value)| {
            headers.insert(Header { key, value: Some(value) })
        });
        let topic = self.prefix.topic(&event.event_type);
        let (key, payload) = (event.data.key(), event.to_json().unwrap());
        let record = FutureRecord::to(&topic).key(&key).payload(&payload).headers(headers);
        self.producer.send(record, Duration::from_secs(10)).await.unwrap();
    }
}
