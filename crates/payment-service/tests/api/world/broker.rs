//! Events from and to the other services.

use std::time::Duration;

use events::{Envelope, EventData, headers};
use kernel::{Clock, EventId};
use rdkafka::ClientConfig;
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{FutureProducer, FutureRecord};
use test_support::{Received, read_topic};
use time::format_description::well_known::Rfc3339;

use super::{PATIENCE, World};

pub(super) const TOPICS: &[&str] = &[
    "payment.created",
    "payment.processing",
    "payment.successful",
    "payment.failed",
    "payment.expired",
    "payment.refunded",
    "product.created",
    "product.updated",
    "product.deleted",
    "order.refund_requested",
    "order.cancelled",
    "payment-service.dlq",
];

impl World {
    /// Publishes as order-service does.
    pub async fn publish<T: EventData>(&self, data: T) {
        let event = Envelope::new(EventId::generate(self.clock.as_ref()), self.clock.now(), data);
        let producer: FutureProducer = ClientConfig::new()
            .set("bootstrap.servers", test_support::brokers())
            .set("partitioner", "murmur2_random")
            .create()
            .unwrap();
        let (id, time) = (event.event_id.to_string(), event.timestamp.format(&Rfc3339).unwrap());
        let pairs = [
            (headers::SPECVERSION, headers::SPECVERSION_VALUE),
            (headers::ID, id.as_str()),
            (headers::TYPE, event.event_type.as_str()),
            (headers::SOURCE, "/order-service"),
            (headers::TIME, time.as_str()),
            (headers::CONTENT_TYPE, headers::CONTENT_TYPE_VALUE),
        ];
        let headers = pairs.into_iter().fold(OwnedHeaders::new(), |headers, (key, value)| {
            headers.insert(Header { key, value: Some(value) })
        });
        let topic = self.prefix.topic(&event.event_type);
        let (key, payload) = (event.data.key(), event.to_json().unwrap());
        let record = FutureRecord::to(&topic).key(&key).payload(&payload).headers(headers);
        producer.send(record, Duration::from_secs(10)).await.unwrap();
    }

    /// The first `count` messages of a topic.
    pub async fn read(&self, topic: &str, count: usize) -> Vec<Received> {
        read_topic(&test_support::brokers(), &self.prefix.topic(topic), PATIENCE, |read| read.len() >= count)
            .await
    }
}
