//! Servers that stand still, answers that get lost, members that stop.

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use events::Topic;
use kernel::SystemClock;
use messaging::{Consumer, ConsumerConfig, Handler, HandlerError, Incoming, KafkaConfig, Wakeup};
use sea_orm::DatabaseTransaction;
use test_support::{Gate, PrivateKafka, TestDatabase, eventually};
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

use crate::world::{GROUP, READER, SOON, World, connect, happened, migrate, writer};

/// For what has to outlast a bound of the product's.
const PATIENCE: Duration = Duration::from_secs(90);

#[tokio::test(flavor = "multi_thread")]
async fn fault_21_what_was_written_and_not_acknowledged_comes_twice_and_takes_effect_once() {
    let gate = Gate::new();
    let kafka = PrivateKafka::start_behind(&gate).await;
    let world = World::at(kafka.brokers(), 1).await;
    let relay = world.relay();
    let consumer = world.consumer(writer("one"));
    world.publish(&[happened("k", 1)]).await;
    world.effects(1).await;
    world.outbox_is_empty().await;
    gate.deafen().await;
    world.publish(&[happened("k", 2), happened("k", 3)]).await;
    // Twice as long as a message may wait for its acknowledgement.
    let deaf = Instant::now();
    eventually(PATIENCE, "the delivery has timed out", async || deaf.elapsed() > Duration::from_secs(20))
        .await;
    assert_eq!(
        world.test_db.number("SELECT count(*) FROM outbox").await,
        2,
        "what is not acknowledged is kept"
    );
    gate.open().await;
    world.outbox_is_empty().await;
    world.effects(3).await;
    world.publish(&[happened("k", 4)]).await;
    world.effects(4).await;
    assert_eq!(world.order_of_effects("k").await, [1, 2, 3, 4]);
    let mut copies = BTreeMap::<String, usize>::new();
    for message in world.on_topic("order.paid").await {
        *copies.entry(message.headers["ce_id"].clone()).or_default() += 1;
    }
    assert_eq!(copies.len(), 4);
    assert!(copies.values().any(|count| *count > 1), "nothing came twice: {copies:?}");
    consumer.stop().await;
    relay.stop().await;
}

/// Applies like the others, and stands still, thread and all, in its first message until it is told to go on.
struct Stuck {
    go_on: Mutex<Option<Receiver<()>>>,
}

#[async_trait]
impl Handler for Stuck {
    async fn handle(&self, tx: &DatabaseTransaction, message: &Incoming) -> Result<(), HandlerError> {
        let first = self.go_on.lock().unwrap().take();
        if let Some(go_on) = first {
            go_on.recv().unwrap();
        }
        writer("stuck").handle(tx, message).await
    }
}

/// A consumer on a thread of its own: nothing of it moves while its handler does not.
fn start_stuck(url: &str, kafka: KafkaConfig, go_on: Receiver<()>) -> CancellationToken {
    let (stop, url) = (CancellationToken::new(), url.to_owned());
    let stopped = stop.clone();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let db = connect(&url).await;
            let wakeup = Wakeup::new(&db, &url);
            let config = ConsumerConfig::new(GROUP, [Topic::OrderPaid, Topic::OrderCreated], READER);
            let handler = Arc::new(Stuck { go_on: Mutex::new(Some(go_on)) });
            Consumer::new(db, kafka, config, handler, wakeup, Arc::new(SystemClock))
                .run(stopped)
                .await
                .unwrap();
        });
    });
    stop
}

#[tokio::test(flavor = "multi_thread")]
async fn fault_24_a_member_that_did_not_poll_for_too_long_rejoins_and_goes_on() {
    let world = World::new(1).await;
    let relay = world.relay();
    let mut kafka = world.kafka.clone();
    kafka.properties.insert("max.poll.interval.ms".to_owned(), "10000".to_owned());
    let (tell, go_on) = channel();
    let stuck = start_stuck(world.test_db.url(), kafka, go_on);
    world.publish(&[happened("k", 1)]).await;
    let begun = "SELECT count(*) FROM pg_stat_activity \
                 WHERE datname = current_database() AND state = 'idle in transaction'";
    eventually(PATIENCE, "the member stands still in its message", async || {
        world.test_db.number(begun).await == 1
    })
    .await;
    // It is thrown out of the group, and the other one, given its partition, waits for the row it holds.
    let other = world.consumer(writer("other"));
    eventually(PATIENCE, "the other member has the partition", async || world.test_db.waiting().await == 1)
        .await;
    tell.send(()).unwrap();
    world.effects(1).await;
    other.stop().await;
    world.publish(&[happened("k", 2)]).await;
    world.effects(2).await;
    assert_eq!(world.order_of_effects("k").await, [1, 2]);
    let rejoined = "SELECT count(*) FROM effects WHERE n = 2 AND reader = 'stuck'";
    assert_eq!(world.test_db.number(rejoined).await, 1);
    world.counts("dead_letters", 0).await;
    stuck.cancel();
    relay.stop().await;
}

/// The connection for wake-ups is one on which nothing happens for long: that it is dead has to be asked for.
#[tokio::test(flavor = "multi_thread")]
async fn fault_13_a_connection_for_wakeups_that_is_dead_without_a_word_is_made_again() {
    let db = TestDatabase::create(migrate).await;
    let connection = connect(db.url()).await;
    let gate = Gate::new();
    let wakeup = Wakeup::new(&connection, &gate.in_front_of(db.url()));
    let mut woken = wakeup.subscribe("orders");
    let listening =
        "SELECT pid::text FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'";
    let dead = eventually(SOON, "it listens", async || db.texts(listening).await.pop().ok_or(())).await;
    gate.mute();
    eventually(PATIENCE, "it listens again", async || {
        db.texts(listening).await.iter().any(|connection| *connection != dead)
    })
    .await;
    let other = Wakeup::new(&connection, db.url());
    // It looks when it listens, and then when it is told.
    timeout(SOON, woken.woken()).await.expect("it looks");
    other.notify_on("orders");
    timeout(SOON, woken.woken()).await.expect("notifications arrive");
}

#[tokio::test(flavor = "multi_thread")]
async fn fault_13_a_database_that_stands_still_is_left_by_transactions_and_told_as_an_outage() {
    let db = TestDatabase::create(migrate).await;
    let gate = Gate::new();
    let connection = connect(&gate.in_front_of(db.url())).await;
    let insert = async |tx: &DatabaseTransaction| {
        let sql = "INSERT INTO effects (event_id, event_key, n, reader) VALUES ('a', 'a', 0, '')";
        sea_orm::ConnectionTrait::execute_unprepared(tx, sql).await.map(drop)
    };
    messaging::database::transact(&connection, insert).await.unwrap();
    let stands_still = async |tx: &DatabaseTransaction| {
        insert(tx).await?;
        gate.hang().await;
        insert(tx).await
    };
    let silent = timeout(PATIENCE, messaging::database::transact(&connection, stands_still)).await;
    let error: sea_orm::DbErr = silent.expect("it is left").unwrap_err();
    assert!(messaging::database::is_infrastructure(&error), "{error}");
    gate.open().await;
    eventually(SOON, "the pool recovers", async || {
        messaging::database::transact(&connection, insert).await.is_ok()
    })
    .await;
}
