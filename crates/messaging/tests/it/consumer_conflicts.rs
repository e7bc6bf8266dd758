//! Consuming while other transactions are in the way.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use events::Topic;
use messaging::{ConsumerConfig, Handler, HandlerError, Incoming, RetryPolicy};
use sea_orm::{ConnectionTrait, DatabaseTransaction};
use tokio::sync::Barrier;

use crate::world::{GROUP, READER, World, happened, happened_on, n_of, writer};

/// So patient with outages that a conflict taken for one outlasts the test.
fn patient() -> ConsumerConfig {
    let pause = Duration::from_secs(600);
    let retry =
        RetryPolicy { first_pause: pause, longest_outage_pause: pause, tries: 2, ..RetryPolicy::default() };
    ConsumerConfig { retry, ..ConsumerConfig::new(GROUP, [Topic::OrderPaid, Topic::OrderCreated], READER) }
}

/// Locks what the message is about until the transaction ends. The first two transactions, one per partition,
/// wait for each other once each of them has its first lock.
struct Locking {
    met: Barrier,
    meetings: AtomicUsize,
}

#[async_trait]
impl Handler for Locking {
    async fn handle(&self, tx: &DatabaseTransaction, message: &Incoming) -> Result<(), HandlerError> {
        tx.execute_unprepared(&format!("SELECT pg_advisory_xact_lock({})", n_of(message))).await?;
        if self.meetings.fetch_add(1, Ordering::SeqCst) < 2 {
            self.met.wait().await;
        }
        writer("one").handle(tx, message).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn fault_17_batches_of_two_partitions_that_lock_each_other_out_are_taken_apart() {
    let world = World::new(1).await;
    let relay = world.relay();
    let event = |topic, n| happened_on(topic, &format!("k{n}"), n);
    let paid = [event(Topic::OrderPaid, 1), event(Topic::OrderPaid, 2)];
    let created = [event(Topic::OrderCreated, 2), event(Topic::OrderCreated, 1)];
    world.publish(&paid).await;
    world.publish(&created).await;
    world.outbox_is_empty().await;
    let handler = Locking { met: Barrier::new(2), meetings: AtomicUsize::new(0) };
    let consumer = world.consumer_with(patient(), handler);
    world.effects(4).await;
    let transactions = "SELECT count(DISTINCT xmin::text) FROM effects";
    assert_eq!(world.test_db.number(transactions).await, 3, "the winner's, and one per message of the other");
    world.counts("dead_letters", 0).await;
    consumer.stop().await;
    relay.stop().await;
}

/// Loses five times, then wins.
struct Unlucky {
    calls: Arc<AtomicUsize>,
    by: &'static str,
}

/// As a use case's error may be: the database's is not in its chain of sources.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
struct Transparent(anyhow::Error);

impl messaging::database::DatabaseCause for Transparent {
    fn database_cause(&self) -> Option<&sea_orm::DbErr> {
        self.0.database_cause()
    }
}

#[async_trait]
impl Handler for Unlucky {
    async fn handle(&self, tx: &DatabaseTransaction, message: &Incoming) -> Result<(), HandlerError> {
        let call = self.calls.fetch_add(1, Ordering::SeqCst);
        if call < 5 {
            let raise = format!("DO $$ BEGIN RAISE EXCEPTION 'lost' USING ERRCODE = '{}'; END $$", self.by);
            let error = tx.execute_unprepared(&raise).await.unwrap_err();
            return Err(if call.is_multiple_of(2) {
                HandlerError::classify(Transparent(error.into()))
            } else {
                error.into()
            });
        }
        writer("one").handle(tx, message).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn fault_17_a_single_message_that_loses_is_neither_an_outage_nor_given_up() {
    for by in ["40001", "40P01"] {
        let world = World::new(1).await;
        let relay = world.relay();
        let calls = Arc::new(AtomicUsize::new(0));
        let consumer = world.consumer_with(patient(), Unlucky { calls: Arc::clone(&calls), by });
        world.publish(&[happened("k", 1)]).await;
        world.effects(1).await;
        assert_eq!(calls.load(Ordering::SeqCst), 6);
        world.counts("dead_letters", 0).await;
        consumer.stop().await;
        relay.stop().await;
    }
}
