//! What is on a topic, as any other client reads it.

use std::collections::BTreeMap;
use std::time::Duration;

use rdkafka::consumer::{Consumer, StreamConsumer};
use rdkafka::message::{BorrowedMessage, Headers, Message};
use rdkafka::producer::{FutureProducer, FutureRecord};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};
use tokio::time::{Instant, timeout_at};

use crate::unique;

const PATIENCE: Duration = Duration::from_secs(30);

/// A message as read from a topic.
#[derive(Debug, Clone)]
pub struct Received {
    /// The topic's full name.
    pub topic: String,
    /// Its partition.
    pub partition: i32,
    /// Its place there.
    pub offset: i64,
    /// The key, if it is text.
    pub key: Option<String>,
    /// The headers that are text, by name.
    pub headers: BTreeMap<String, String>,
    /// The value's bytes.
    pub payload: Vec<u8>,
}

impl Received {
    /// The value as JSON.
    ///
    /// # Panics
    /// When it is none.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.payload).unwrap_or_else(|error| {
            panic!("{}: not JSON ({error}): {}", self.topic, String::from_utf8_lossy(&self.payload))
        })
    }

    fn from(message: &BorrowedMessage<'_>) -> Self {
        let text = |bytes: Option<&[u8]>| bytes.and_then(|bytes| String::from_utf8(bytes.to_vec()).ok());
        let headers = message.headers().into_iter().flat_map(Headers::iter);
        Self {
            topic: message.topic().to_owned(),
            partition: message.partition(),
            offset: message.offset(),
            key: text(message.key()),
            headers: headers.filter_map(|one| Some((one.key.to_owned(), text(one.value)?))).collect(),
            payload: message.payload().unwrap_or_default().to_vec(),
        }
    }
}

/// Sends `value` as it is, as another team's client would.
///
/// # Panics
/// When the broker does not take it.
pub async fn send(brokers: &str, topic: &str, key: &str, value: &[u8]) {
    let producer: FutureProducer = ClientConfig::new()
        .set("bootstrap.servers", brokers)
        .set("partitioner", "murmur2_random")
        .create()
        .expect("fixed settings");
    let record = FutureRecord::to(topic).key(key).payload(value);
    producer.send(record, PATIENCE).await.expect("the broker takes it");
}

/// Reads `topic` (full name) from its beginning until `enough` holds of what was read, or `deadline` has passed:
/// the caller asserts. Order holds within a partition only.
pub async fn read_topic(
    brokers: &str,
    topic: &str,
    deadline: Duration,
    enough: impl FnMut(&[Received]) -> bool,
) -> Vec<Received> {
    let until = Instant::now() + deadline;
    let (consumer, _) = open(brokers, &[topic]).await;
    read(&consumer, until, enough).await
}

/// Everything that is on `topics` (full names) at the moment of the call.
pub async fn read_to_end<T: AsRef<str>>(brokers: &str, topics: &[T]) -> Vec<Received> {
    let topics: Vec<&str> = topics.iter().map(AsRef::as_ref).collect();
    let (consumer, wanted) = open(brokers, &topics).await;
    let read = read(&consumer, Instant::now() + PATIENCE, |read| read.len() >= wanted).await;
    assert!(read.len() >= wanted, "{} of {wanted} messages read within {PATIENCE:?}: {topics:?}", read.len());
    read
}

async fn read(
    consumer: &StreamConsumer,
    until: Instant,
    mut enough: impl FnMut(&[Received]) -> bool,
) -> Vec<Received> {
    let mut read = Vec::new();
    while !enough(&read) {
        let Ok(message) = timeout_at(until, consumer.recv()).await else { break };
        read.push(Received::from(&message.expect("the topic can be read")));
    }
    read
}

/// A consumer of all partitions from the beginning, in no group, and the number of messages there are.
async fn open(brokers: &str, topics: &[&str]) -> (StreamConsumer, usize) {
    let consumer: StreamConsumer = ClientConfig::new()
        .set("bootstrap.servers", brokers)
        .set("group.id", unique("reader-"))
        .set("enable.auto.commit", "false")
        .set("fetch.wait.max.ms", "20")
        .create()
        .expect("the client's settings are fixed");
    let topics: Vec<String> = topics.iter().map(|&topic| topic.to_owned()).collect();
    let opening = tokio::task::spawn_blocking(move || {
        let mut assignment = TopicPartitionList::new();
        let mut messages = 0;
        for topic in &topics {
            let metadata = consumer.fetch_metadata(Some(topic), PATIENCE).expect("the broker answers");
            let partitions = metadata.topics()[0].partitions();
            assert!(!partitions.is_empty(), "there is no topic {topic}");
            for one in partitions {
                let (first, end) = watermarks(&consumer, topic, one.id());
                messages += end - first;
                assignment.add_partition_offset(topic, one.id(), Offset::Beginning).expect("a valid offset");
            }
        }
        consumer.assign(&assignment).expect("partitions can be assigned");
        (consumer, usize::try_from(messages).expect("a count"))
    });
    opening.await.expect("opening does not panic")
}

/// First and next offset; asked again while the leader of a new topic is not in office yet.
fn watermarks(consumer: &StreamConsumer, topic: &str, partition: i32) -> (i64, i64) {
    let until = Instant::now() + PATIENCE;
    loop {
        match consumer.fetch_watermarks(topic, partition, PATIENCE) {
            Ok(watermarks) => return watermarks,
            Err(error) => assert!(Instant::now() < until, "{topic}/{partition} has no offsets: {error}"),
        }
        std::thread::park_timeout(Duration::from_millis(20));
    }
}
