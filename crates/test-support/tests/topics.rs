//! Topics of a test's own, and reading them.

#![allow(clippy::unwrap_used)]

use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{FutureProducer, FutureRecord};
use test_support::{Group, TopicPrefix, brokers, eventually, read_to_end, read_topic};

async fn send(topic: &str, key: &str, payload: &str) {
    let producer: FutureProducer = ClientConfig::new().set("bootstrap.servers", brokers()).create().unwrap();
    let headers = OwnedHeaders::new().insert(Header { key: "ce_id", value: Some(key) });
    let record = FutureRecord::to(topic).key(key).payload(payload).headers(headers);
    producer.send(record, Duration::from_secs(10)).await.unwrap();
}

#[tokio::test]
async fn messages_come_with_key_headers_and_payload() {
    let prefix = TopicPrefix::unique();
    let _topics = prefix.create_topics(&["payment.successful"], 3).await;
    let topic = prefix.topic("payment.successful");
    for key in ["a", "b", "c", "d"] {
        send(&topic, key, &format!(r#"{{"key":"{key}"}}"#)).await;
    }
    let mut read = read_topic(&brokers(), &topic, Duration::from_secs(20), |read| read.len() == 4).await;
    read.sort_by(|a, b| a.key.cmp(&b.key));
    assert_eq!(read.iter().map(|one| one.key.as_deref().unwrap()).collect::<String>(), "abcd");
    assert_eq!(read[1].headers["ce_id"], "b");
    assert_eq!(read[2].json()["key"], "c");
    assert_eq!(read_to_end(&brokers(), &[&topic]).await.len(), 4);
}

#[tokio::test]
async fn reading_stops_at_the_deadline_with_what_came() {
    let prefix = TopicPrefix::unique();
    let _topics = prefix.create_topics(&["order.paid"], 1).await;
    let topic = prefix.topic("order.paid");
    assert!(read_to_end(&brokers(), &[&topic]).await.is_empty());
    send(&topic, "a", "{}").await;
    let read = read_topic(&brokers(), &topic, Duration::from_secs(5), |read| read.len() == 2).await;
    assert_eq!(read.len(), 1);
}

#[tokio::test]
async fn dropping_deletes_this_prefix_only() {
    let (mine, other) = (TopicPrefix::unique(), TopicPrefix::unique());
    let kept = other.create_topics(&["a"], 1).await;
    drop(mine.create_topics(&["a", "b"], 1).await);
    let mine = mine.owned_at(&brokers());
    eventually(Duration::from_secs(10), "no topic under the dropped prefix", async || {
        mine.names().is_empty()
    })
    .await;
    assert_eq!(kept.names(), [other.topic("a")]);
}

#[tokio::test]
async fn a_group_that_committed_nothing_has_all_of_it_to_read() {
    let prefix = TopicPrefix::unique();
    let _topics = prefix.create_topics(&["order.paid"], 2).await;
    let topic = prefix.topic("order.paid");
    for key in ["a", "b", "c"] {
        send(&topic, key, "{}").await;
    }
    let group = Group { brokers: brokers(), name: prefix.topic("readers"), topics: vec![topic] };
    assert_eq!(group.lag().await.unwrap(), 3);
    assert_eq!(group.rewind().await, 3);
    assert_eq!(group.lag().await.unwrap(), 3);
}
