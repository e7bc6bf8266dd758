//! Publishing when the broker does not want to.

use std::sync::Arc;
use std::time::Duration;

use events::Topic;
use kernel::SystemClock;
use messaging::{KafkaConfig, Relay};
use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, AlterConfig, NewTopic, ResourceSpecifier, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::mocking::MockCluster;
use rdkafka::types::{RDKafkaApiKey, RDKafkaRespErr};
use sea_orm::ConnectionTrait;
use test_support::{brokers, eventually, read_topic};
use tokio::time::Instant;

use crate::world::{Running, SOON, World, happened, happened_on};

#[tokio::test(flavor = "multi_thread")]
async fn a_topic_that_is_not_there_blocks_no_other_and_loses_nothing() {
    let world = World::new(1).await;
    let relay = world.relay();
    let missing: Vec<_> = (1..=3).map(|n| happened_on(Topic::PaymentSuccessful, "k", n)).collect();
    world.publish(&missing).await;
    world.publish(&[happened("k", 1)]).await;
    let paid = "SELECT count(*) FROM outbox WHERE topic = 'order.paid'";
    eventually(SOON, "the other topic's event is published", async || world.test_db.number(paid).await == 0)
        .await;
    assert_eq!(world.test_db.number("SELECT count(*) FROM outbox").await, 3);
    let _topics = world.prefix.create_topics(&["payment.successful"], 1).await;
    world.outbox_is_empty().await;
    let read = world.on_topic("payment.successful").await;
    let numbers: Vec<_> = read.iter().map(|one| one.json()["data"]["n"].clone()).collect();
    assert_eq!(numbers, [1, 2, 3]);
    relay.stop().await;
}

fn admin() -> AdminClient<DefaultClientContext> {
    ClientConfig::new().set("bootstrap.servers", brokers()).create().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_the_broker_refuses_is_set_aside_and_sent_when_it_may_be() {
    let world = World::new(1).await;
    let topic = world.prefix.topic("payment.failed");
    let narrow = NewTopic::new(&topic, 1, TopicReplication::Fixed(1)).set("max.message.bytes", "2000");
    for result in admin().create_topics([&narrow], &AdminOptions::new()).await.unwrap() {
        result.unwrap();
    }
    let relay = world.relay();
    let mut events: Vec<_> = (1..=3).map(|n| happened_on(Topic::PaymentFailed, "k", n)).collect();
    events[0].data.note = "x".repeat(5_000);
    world.publish(&events).await;
    let aside = "SELECT count(*) FROM outbox WHERE next_try_at IS NOT NULL AND last_error IS NOT NULL";
    eventually(SOON, "the large one is set aside, the others went on", async || {
        world.test_db.number(aside).await == 1
            && world.test_db.number("SELECT count(*) FROM outbox").await == 1
    })
    .await;
    assert_eq!(world.on_topic("payment.failed").await.len(), 2);
    let widen = AlterConfig::new(ResourceSpecifier::Topic(&topic)).set("max.message.bytes", "1000000");
    for result in admin().alter_configs([&widen], &AdminOptions::new()).await.unwrap() {
        result.unwrap();
    }
    eventually(SOON, "it is sent as well", async || {
        let now = "UPDATE outbox SET next_try_at = next_try_at - interval '1 hour'";
        world.db.execute_unprepared(now).await.unwrap();
        world.test_db.number("SELECT count(*) FROM outbox").await == 0
    })
    .await;
    assert_eq!(world.on_topic("payment.failed").await.len(), 3);
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fault_20_a_broker_that_is_down_is_waited_for() {
    let world = World::new(1).await;
    let cluster = MockCluster::new(1).unwrap();
    cluster.create_topic("order.paid", 1, 1).unwrap();
    cluster.broker_down(1).unwrap();
    let brokers = cluster.bootstrap_servers();
    let relay = Relay::new(
        world.db.clone(),
        KafkaConfig::new(&brokers, "test"),
        world.wakeup.clone(),
        Arc::new(SystemClock),
    );
    let relay = Running::start(|stop| async move { relay.run(stop).await.unwrap() });
    let events: Vec<_> = (1..=1_200).map(|n| happened("k", n)).collect();
    world.publish(&events).await;
    // Longer than a message may wait for its acknowledgement.
    let outage = Instant::now();
    eventually(SOON, "the first round has failed", async || outage.elapsed() > Duration::from_secs(11)).await;
    assert_eq!(world.test_db.number("SELECT count(*) FROM outbox").await, 1_200, "every row is kept");
    // Where rows lie in the table is not the order they were written in.
    let moved = "UPDATE outbox SET attempts = attempts WHERE id % 2 = 0";
    world.db.execute_unprepared(moved).await.unwrap();
    cluster.broker_up(1).unwrap();
    world.outbox_is_empty().await;
    let read = read_topic(&brokers, "order.paid", SOON, |read| read.len() >= 1_200).await;
    let mut numbers: Vec<_> = read.iter().map(|one| one.json()["data"]["n"].as_i64().unwrap()).collect();
    numbers.dedup();
    assert_eq!(numbers, (1..=1_200).collect::<Vec<_>>(), "drained in order");
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fault_22_a_producer_beyond_repair_is_made_anew() {
    let world = World::new(1).await;
    let cluster = MockCluster::new(1).unwrap();
    cluster.create_topic("order.paid", 1, 1).unwrap();
    let brokers = cluster.bootstrap_servers();
    let relay = Relay::new(
        world.db.clone(),
        KafkaConfig::new(&brokers, "test"),
        world.wakeup.clone(),
        Arc::new(SystemClock),
    );
    let relay = Running::start(|stop| async move { relay.run(stop).await.unwrap() });
    world.publish(&[happened("k", 1)]).await;
    world.outbox_is_empty().await;
    // An idempotent producer cannot go on from here.
    cluster.request_errors(
        RDKafkaApiKey::Produce,
        &[RDKafkaRespErr::RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER; 3],
    );
    world.publish(&[happened("k", 2), happened("k", 3)]).await;
    world.outbox_is_empty().await;
    let read = read_topic(&brokers, "order.paid", SOON, |read| read.len() >= 3).await;
    assert_eq!(read.last().unwrap().json()["data"]["n"], 3);
    relay.stop().await;
}
