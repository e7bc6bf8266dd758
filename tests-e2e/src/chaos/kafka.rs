//! What the run itself does on the broker: asks how far the consumers are, and publishes again what was published.

use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::KafkaResult;
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{FutureProducer, FutureRecord};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};
use test_support::{Received, TestTopics};

const PATIENCE: Duration = Duration::from_secs(30);
const GROUPS: [&str; 3] = ["order-service", "payment-service", "notification-service"];

/// Whether every group has committed all that its topics have; else what is left.
pub async fn caught_up(brokers: &str, topics: &TestTopics) -> Result<(), Vec<String>> {
    let (brokers, prefix, names) = (brokers.to_owned(), topics.prefix().as_str().to_owned(), topics.names());
    let asking = tokio::task::spawn_blocking(move || {
        GROUPS
            .into_iter()
            .filter_map(|group| {
                let behind = behind(&brokers, &format!("{prefix}{group}"), &names);
                match behind {
                    Ok(0) => None,
                    Ok(count) => Some(format!("{group}: {count} messages behind")),
                    Err(error) => Some(format!("{group}: {error}")),
                }
            })
            .collect::<Vec<String>>()
    });
    let left = asking.await.expect("asking does not panic");
    if left.is_empty() { Ok(()) } else { Err(left) }
}

/// How many messages of its topics a group has not committed. A topic's partition without an offset of the group's is
/// not one of its topics, or was empty.
fn behind(brokers: &str, group: &str, topics: &[String]) -> KafkaResult<i64> {
    let consumer: BaseConsumer =
        ClientConfig::new().set("bootstrap.servers", brokers).set("group.id", group).create()?;
    let mut partitions = TopicPartitionList::new();
    for topic in topics {
        let metadata = consumer.fetch_metadata(Some(topic), PATIENCE)?;
        for one in metadata.topics().iter().flat_map(rdkafka::metadata::MetadataTopic::partitions) {
            partitions.add_partition(topic, one.id());
        }
    }
    let mut behind = 0;
    for one in consumer.committed_offsets(partitions, PATIENCE)?.elements() {
        if let Offset::Offset(next) = one.offset() {
            let (_, end) = consumer.fetch_watermarks(one.topic(), one.partition(), PATIENCE)?;
            behind += (end - next).max(0);
        }
    }
    Ok(behind)
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
