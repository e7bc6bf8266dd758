//! Events as payment-service would publish them.

use std::time::Duration;

use events::{Envelope, EventData, PaymentEvent};
use kernel::{Clock, EventId, SystemClock};
use rdkafka::ClientConfig;
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{FutureProducer, FutureRecord};
use test_support::brokers;

/// Publishes to a test's topics.
pub struct Publisher {
    producer: FutureProducer,
    prefix: String,
}

impl Publisher {
    pub fn new(prefix: &str) -> Self {
        let producer = ClientConfig::new()
            .set("bootstrap.servers", brokers())
            .set("partitioner", "murmur2_random")
            .set("linger.ms", "0")
            .create()
            .unwrap();
        Self { producer, prefix: prefix.to_owned() }
    }

    /// Publishes as `/payment-service`; again with the same envelope is a duplicate.
    pub async fn send<T: EventData>(&self, event: &Envelope<T>) {
        self.send_as("/payment-service", event).await;
    }

    pub async fn send_as<T: EventData>(&self, source: &str, event: &Envelope<T>) {
        let (topic, key) = (event.data.topic().name(), event.data.key());
        let header = |key, value| Header { key, value: Some(value) };
        let headers = OwnedHeaders::new()
            .insert(header("ce_specversion", "1.0"))
            .insert(header("ce_id", &event.event_id.to_string()))
            .insert(header("ce_type", topic))
            .insert(header("ce_source", source));
        let name = format!("{}{topic}", self.prefix);
        let payload = event.to_json().unwrap();
        let record = FutureRecord::to(&name).key(&key).payload(&payload).headers(headers);
        self.producer.send(record, Duration::from_secs(10)).await.unwrap();
    }
}

/// A new event with this data.
pub fn event(data: impl Into<PaymentEvent>) -> Envelope<PaymentEvent> {
    Envelope::new(EventId::generate(&SystemClock), SystemClock.now(), data.into())
}
