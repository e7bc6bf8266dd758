//! Members of a group come, go and begin again.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use events::Topic;
use kernel::{Clock, SystemClock};
use messaging::{ConsumerConfig, Incoming, Rewind, RewindError};
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer as _};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};
use sea_orm::ConnectionTrait;
use test_support::{brokers, eventually};

use crate::world::{GROUP, READER, SOON, Step, World, Writer, happened, writer};

/// A client that speaks for the group while it has no members.
fn group(world: &World) -> BaseConsumer {
    ClientConfig::new()
        .set("bootstrap.servers", brokers())
        .set("group.id", world.prefix.topic(GROUP))
        .create()
        .unwrap()
}

fn places(world: &World, partitions: i32, offset: Offset) -> TopicPartitionList {
    let mut places = TopicPartitionList::new();
    for partition in 0..partitions {
        places.add_partition_offset(&world.prefix.topic("order.paid"), partition, offset).unwrap();
    }
    places
}

async fn committed(world: &World, partitions: i32) -> i64 {
    let (client, asked) = (group(world), places(world, partitions, Offset::Invalid));
    let answer = tokio::task::spawn_blocking(move || client.committed_offsets(asked, SOON).unwrap());
    let answer = answer.await.unwrap();
    let offsets = answer.elements().into_iter().map(|one| one.offset());
    offsets.filter_map(|offset| offset.to_raw()).filter(|raw| *raw >= 0).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn fault_23_a_rebalance_in_the_middle_leaves_one_effect_per_event() {
    let world = World::new(4).await;
    let relay = world.relay();
    let first = world.consumer(writer("first"));
    for n in 1..=30 {
        let events: Vec<_> = (0..10).map(|key| happened(&format!("k{key}"), n)).collect();
        world.publish(&events).await;
    }
    eventually(SOON, "the first has begun", async || {
        world.test_db.number("SELECT count(*) FROM effects").await > 0
    })
    .await;
    let second = world.consumer(writer("second"));
    for n in 31..=60 {
        let events: Vec<_> = (0..10).map(|key| happened(&format!("k{key}"), n)).collect();
        world.publish(&events).await;
    }
    let of_second = "SELECT count(*) FROM effects WHERE reader = 'second'";
    let mut n = 60;
    while world.test_db.number(of_second).await == 0 {
        n += 1;
        let events: Vec<_> = (0..10).map(|key| happened(&format!("k{key}"), n)).collect();
        world.publish(&events).await;
        assert!(n < 2_000, "the second one never got a partition");
    }
    first.kill().await;
    world.effects(n * 10).await;
    let distinct = "SELECT count(DISTINCT event_id) FROM effects";
    assert_eq!(world.test_db.number(distinct).await, n * 10);
    for key in 0..10 {
        let order = world.order_of_effects(&format!("k{key}")).await;
        assert_eq!(order, (1..=n).collect::<Vec<_>>(), "k{key}");
    }
    second.stop().await;
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fault_25_offsets_that_are_reset_have_no_second_effect() {
    let world = World::new(2).await;
    let relay = world.relay();
    let consumer = world.consumer(writer("one"));
    let events: Vec<_> = (1..=30).map(|n| happened(&format!("k{n}"), n)).collect();
    world.publish(&events).await;
    world.effects(30).await;
    consumer.stop().await;
    assert_eq!(committed(&world, 2).await, 30, "a graceful stop commits");
    group(&world).commit(&places(&world, 2, Offset::Offset(0)), CommitMode::Sync).unwrap();
    assert_eq!(committed(&world, 2).await, 0);
    let consumer = world.consumer(writer("one"));
    eventually(SOON, "everything is read again", async || match committed(&world, 2).await {
        30 => Ok(()),
        offsets => Err(offsets),
    })
    .await;
    world.effects(30).await;
    consumer.stop().await;
    relay.stop().await;
}

/// One message is in the backup's inbox, one lay unread when it was made, and both are older than it.
#[tokio::test(flavor = "multi_thread")]
async fn fault_19_what_lay_unread_before_a_backup_is_read_again() {
    let world = World::new(1).await;
    let relay = world.relay();
    let rewind = || {
        Rewind::new(world.db.clone(), world.kafka.clone(), GROUP, &[Topic::OrderPaid, Topic::OrderCreated])
    };
    let consumer = world.consumer(writer("one"));
    world.publish(&[happened("k", 1), happened("k", 2), happened("k", 3)]).await;
    world.effects(3).await;
    let refused = rewind().ensure_ended().await.unwrap_err();
    assert!(matches!(refused, RewindError::Members(1)), "{refused}");
    consumer.stop().await;
    rewind().ensure_ended().await.unwrap();
    let later = SystemClock.now() + time::Duration::hours(1);
    assert_eq!(rewind().set_back(later, false).await.unwrap(), 0, "nothing is forgotten");

    world.db.execute_unprepared("DELETE FROM inbox WHERE \"offset\" > 0").await.unwrap();
    world.db.execute_unprepared("DELETE FROM effects WHERE n > 1").await.unwrap();
    assert_eq!(rewind().set_back(later, true).await.unwrap(), 1);
    assert_eq!(committed(&world, 1).await, 3, "a rehearsal changes nothing");
    assert_eq!(rewind().set_back(later, false).await.unwrap(), 1);
    assert_eq!(committed(&world, 1).await, 1, "only what the backup knows is behind");
    let consumer = world.consumer(writer("two"));
    world.effects(3).await;
    assert_eq!(world.order_of_effects("k").await, [1, 2, 3]);
    consumer.stop().await;
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fault_12_a_stop_while_the_surroundings_are_broken_is_quick_and_loses_nothing() {
    let world = World::new(1).await;
    let relay = world.relay();
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    let consumer = world.consumer(Writer::scripted(move |_: &Incoming| {
        counted.fetch_add(1, Ordering::SeqCst);
        Step::Retry
    }));
    world.publish(&[happened("k", 1)]).await;
    eventually(SOON, "it waits", async || calls.load(Ordering::SeqCst) > 3).await;
    let asked = tokio::time::Instant::now();
    consumer.stop().await;
    assert!(asked.elapsed() < Duration::from_secs(10), "{:?}", asked.elapsed());
    assert_eq!(committed(&world, 1).await, 0);
    let consumer = world.consumer(writer("next"));
    world.effects(1).await;
    consumer.stop().await;
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partition_that_waits_holds_up_no_other() {
    let world = World::new(2).await;
    let relay = world.relay();
    let broken = Arc::new(AtomicBool::new(true));
    let is_broken = Arc::clone(&broken);
    let mut config = ConsumerConfig::new(GROUP, [Topic::OrderPaid], READER);
    config.retry.longest_outage_pause = Duration::from_millis(200);
    let consumer = world.consumer_with(
        config,
        Writer::scripted(move |message: &Incoming| {
            if message.partition == 0 && is_broken.load(Ordering::SeqCst) { Step::Retry } else { Step::Apply }
        }),
    );
    let events: Vec<_> = (1..=40).map(|n| happened(&format!("k{n}"), n)).collect();
    world.publish(&events).await;
    world.outbox_is_empty().await;
    let read = world.on_topic("order.paid").await;
    let others = read.iter().filter(|message| message.partition == 1).count();
    assert!((1..40).contains(&others));
    world.effects(i64::try_from(others).unwrap()).await;
    broken.store(false, Ordering::SeqCst);
    world.effects(40).await;
    consumer.stop().await;
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn topics_may_come_after_their_readers() {
    let world = World::new(1).await;
    let relay = world.relay();
    let config = ConsumerConfig::new(GROUP, [Topic::PaymentFailed, Topic::OrderPaid], READER);
    let consumer = world.consumer_with(config, writer("one"));
    world.publish(&[happened("k", 1)]).await;
    world.effects(1).await;
    let plan = messaging::TopicPlan {
        topics: &[Topic::PaymentFailed, Topic::OrderPaid],
        groups: &[GROUP, "another"],
        partitions: 2,
        replication: 1,
    };
    messaging::create_topics(&world.kafka, &plan).await.unwrap();
    messaging::create_topics(&world.kafka, &plan).await.unwrap();
    let names = world.topics.names();
    assert!(names.contains(&world.prefix.topic("payment.failed")));
    assert!(names.contains(&world.prefix.topic("another.dlq")));
    let late = crate::world::happened_on(Topic::PaymentFailed, "k", 2);
    world.publish(&[late]).await;
    world.effects(2).await;
    consumer.stop().await;
    relay.stop().await;
}
