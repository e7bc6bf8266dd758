//! What the run itself does on the broker: asks how far the consumers are, and publishes again what was published.

use rdkafka::ClientConfig;
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{FutureProducer, FutureRecord};
use test_support::{Received, TestTopics};

use crate::world::groups;

/// Whether every group has committed all that its topics have; else what is left.
pub async fn caught_up(brokers: &str, topics: &TestTopics) -> Result<(), Vec<String>> {
    let mut left = Vec::new();
    for group in groups(brokers, topics) {
        match group.lag().await {
            Ok(0) => {}
            Ok(count) => left.push(format!("{}: {count} messages behind", group.name)),
            Err(error) => left.push(format!("{}: {error}", group.name)),
        }
    }
    if left.is_empty() { Ok(()) } else { Err(left) }
}

/// Publishes `messages` once more, each where it was, in the order of each partition.
pub async fn publish(brokers: &str, messages: &[Received]) {
    let producer: FutureProducer = ClientConfig::new()
        .set("bootstrap.servers", brokers)
        .create()
        .expect("the client's settings are fixed");
    let mut messages: Vec<&Received> = messages.iter().collect();
    messages.sort_by_key(|one| (&one.topic, one.partition, one.offset));
    let mut acknowledged = Vec::new();
    for message in messages {
        let headers = message.headers.iter().fold(OwnedHeaders::new(), |headers, (key, value)| {
            headers.insert(Header { key, value: Some(value) })
        });
        let mut record = FutureRecord::<str, [u8]>::to(&message.topic)
            .partition(message.partition)
            .payload(&message.payload)
            .headers(headers);
        if let Some(key) = &message.key {
            record = record.key(key);
        }
        acknowledged
            .push(producer.send_result(record).map_err(|(error, _)| error).expect("room in the queue"));
    }
    for one in acknowledged {
        one.await.expect("the producer lives").map_err(|(error, _)| error).expect("the broker takes it");
    }
}
