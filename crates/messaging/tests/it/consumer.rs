//! Applying each message once.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use kernel::{Clock, SystemClock};
use messaging::database::begin;
use messaging::{Incoming, OutboxWriter};
use rdkafka::ClientConfig;
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{FutureProducer, FutureRecord};
use sea_orm::{ConnectionTrait, DatabaseConnection, Statement};
use test_support::{brokers, eventually};

use crate::world::{READER, SOON, Step, World, Writer, append, happened, n_of, writer};

#[tokio::test(flavor = "multi_thread")]
async fn every_event_takes_effect_once_in_the_order_of_its_key() {
    let world = World::new(3).await;
    let relay = world.relay();
    let consumer = world.consumer(writer("one"));
    for n in 1..=40 {
        let events: Vec<_> = (0..10).map(|key| happened(&format!("k{key}"), n)).collect();
        world.publish(&events).await;
    }
    world.effects(400).await;
    for key in 0..10 {
        let order = world.order_of_effects(&format!("k{key}")).await;
        assert_eq!(order, (1..=40).collect::<Vec<_>>());
    }
    world.counts("inbox", 400).await;
    world.counts("dead_letters", 0).await;
    consumer.stop().await;
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fault_26_one_poison_message_in_a_batch_becomes_a_dead_letter_and_the_others_progress() {
    let world = World::new(1).await;
    let relay = world.relay();
    let events: Vec<_> = (1..=20).map(|n| happened("k", n)).collect();
    world.publish(&events).await;
    world.outbox_is_empty().await;
    // All are there before it begins: they come as one batch.
    let tries = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&tries);
    let consumer = world.consumer(Writer::scripted(move |message: &Incoming| {
        if n_of(message) == 7 {
            counted.fetch_add(1, Ordering::SeqCst);
            return Step::Fail;
        }
        Step::Apply
    }));
    world.effects(19).await;
    world.counts("dead_letters", 1).await;
    assert_eq!(tries.load(Ordering::SeqCst), 1 + 5, "once in the batch, then five tries");
    assert!(!world.order_of_effects("k").await.contains(&7));
    let poison = &events[6];
    let dead =
        eventually(SOON, "the dead letter is published", async || world.on_topic("reader.dlq").await.pop())
            .await;
    let original = &world.on_topic("order.paid").await[6];
    assert_eq!(dead.payload, original.payload);
    assert_eq!(dead.key.as_deref(), Some("k"));
    for (name, value) in &original.headers {
        assert_eq!(dead.headers.get(name), Some(value), "{name}");
    }
    let header = |name: &str| dead.headers[name].as_str();
    assert_eq!(header("ce_id"), poison.event_id.to_string());
    assert_eq!(header("dlq-error"), "this one is bad");
    assert_eq!(header("dlq-attempts"), "5");
    assert_eq!(header("dlq-topic"), "order.paid");
    assert_eq!(header("dlq-partition"), "0");
    assert_eq!(header("dlq-offset"), "6");
    let kept = "SELECT count(*) FROM dead_letters d JOIN inbox i ON i.event_id = d.event_id \
                WHERE d.attempts = 5 AND d.error = 'this one is bad' AND d.topic = 'order.paid' \
                AND d.partition = 0 AND d.\"offset\" = 6 AND d.consumer_group = 'reader' AND d.key = 'k'";
    assert_eq!(world.test_db.number(kept).await, 1);
    consumer.stop().await;
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_is_a_try() {
    let world = World::new(1).await;
    let relay = world.relay();
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    let consumer = world.consumer(Writer::scripted(move |message: &Incoming| match n_of(message) {
        // Gets over it at the third try.
        1 if counted.fetch_add(1, Ordering::SeqCst) < 2 => Step::Panic,
        2 => Step::Panic,
        _ => Step::Apply,
    }));
    world.publish(&[happened("k", 1)]).await;
    world.effects(1).await;
    world.publish(&[happened("k", 2), happened("k", 3)]).await;
    world.effects(2).await;
    world.counts("dead_letters", 1).await;
    let told = "SELECT count(*) FROM dead_letters WHERE error = 'the handler panicked: index out of bounds'";
    assert_eq!(world.test_db.number(told).await, 1);
    consumer.stop().await;
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_statement_cannot_be_swallowed() {
    let world = World::new(1).await;
    let relay = world.relay();
    let consumer = world.consumer(Writer::scripted(|message: &Incoming| match n_of(message) {
        1 => Step::Swallow,
        _ => Step::Apply,
    }));
    world.publish(&[happened("k", 1), happened("k", 2)]).await;
    world.effects(1).await;
    world.counts("dead_letters", 1).await;
    world.counts("inbox", 2).await;
    consumer.stop().await;
    relay.stop().await;
}

/// Enters `events` as received so many days ago.
pub async fn received(db: &DatabaseConnection, events: Range<u128>, days: i64) {
    let sql = "INSERT INTO inbox (consumer_group, event_id, topic, partition, \"offset\", received_at) \
               VALUES ($1, $2, 'order.paid', 0, 0, $3)";
    let tx = begin(db).await.unwrap();
    for event in events {
        let at = SystemClock.now() - time::Duration::days(days);
        let values = ["reader".into(), uuid::Uuid::from_u128(event).into(), at.into()];
        let row = Statement::from_sql_and_values(tx.get_database_backend(), sql, values);
        tx.execute_raw(row).await.unwrap();
    }
    tx.commit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn inbox_rows_are_forgotten_when_no_topic_holds_their_message_any_more() {
    let world = World::new(1).await;
    received(&world.db, 0..10, 34).await;
    // More than one statement takes.
    received(&world.db, 10..1_100, 36).await;
    let consumer = world.consumer(writer("one"));
    world.counts("inbox", 10).await;
    consumer.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_we_published_ourselves_is_skipped() {
    let world = World::new(1).await;
    let relay = world.relay();
    let consumer = world.consumer(writer("one"));
    let own = OutboxWriter::new(READER, Arc::new(SystemClock));
    append(&world.db, &own, &[happened("k", 1)]).await;
    world.publish(&[happened("k", 2)]).await;
    world.effects(1).await;
    assert_eq!(world.order_of_effects("k").await, [2]);
    world.counts("inbox", 1).await;
    consumer.stop().await;
    relay.stop().await;
}

/// Sends as another team's client would.
async fn send(world: &World, value: Option<&[u8]>, headers: OwnedHeaders) {
    let producer: FutureProducer = ClientConfig::new().set("bootstrap.servers", brokers()).create().unwrap();
    let topic = world.prefix.topic("order.paid");
    let mut record: FutureRecord<'_, str, [u8]> = FutureRecord::to(&topic).key("k").headers(headers);
    record.payload = value;
    producer.send(record, SOON).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_in_our_envelope_becomes_a_dead_letter_byte_by_byte() {
    let world = World::new(1).await;
    let relay = world.relay();
    let consumer = world.consumer(writer("one"));
    let odd = OwnedHeaders::new().insert(Header { key: "odd", value: Some(&b"a\0\xff"[..]) });
    let values: [&[u8]; 4] = [b"\xff\0not json", b"[]", b"", b"{\"eventType\":\"order.paid\"}"];
    for value in values {
        send(&world, Some(value), odd.clone()).await;
    }
    send(&world, None, OwnedHeaders::new()).await;
    world.publish(&[happened("k", 1)]).await;
    world.effects(1).await;
    world.counts("dead_letters", 5).await;
    let dead = eventually(SOON, "all dead letters are published", async || {
        let read = world.on_topic("reader.dlq").await;
        (read.len() == 5).then_some(read)
    })
    .await;
    for (dead, value) in dead.iter().zip(values) {
        assert_eq!(dead.payload, value);
        assert_eq!(dead.headers["dlq-attempts"], "1");
    }
    consumer.stop().await;
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fault_48_an_unknown_type_is_passed_over() {
    let world = World::new(1).await;
    let relay = world.relay();
    let consumer = world.consumer(writer("one"));
    let mut event = happened("k", 1);
    event.event_type = "order.teleported".to_owned();
    world.publish(&[event, happened("k", 2)]).await;
    world.effects(1).await;
    world.counts("dead_letters", 0).await;
    world.counts("inbox", 1).await;
    consumer.stop().await;
    relay.stop().await;
}
