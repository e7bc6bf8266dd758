//! How long from a commit to a consumer that waits for the event: with the writer on the replica whose relay works,
//! and on the other one, which has nothing but a wake-up to tell it by. Measured, not asserted.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a program that tells figures")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use events::{Envelope, EventData, Topic};
use kernel::{Clock, EventId, SystemClock};
use messaging::database::{self, Options, begin};
use messaging::{KafkaConfig, OutboxWriter, Relay, Source, Wakeup, migrations};
use rdkafka::consumer::{Consumer, StreamConsumer};
use rdkafka::message::Message;
use rdkafka::{ClientConfig, Offset, TopicPartitionList};
use sea_orm::DatabaseConnection;
use sea_orm_migration::prelude::*;
use serde::Serialize;
use test_support::{TestDatabase, TopicPrefix, brokers, eventually, unique};
use tokio_util::sync::CancellationToken;

/// Enough for a ninety-ninth percentile.
const EVENTS: usize = 1000;
/// What is measured first is thrown away: connections are made then.
const WARM_UP: usize = 20;
/// Longer than wake-ups are gathered for.
const PAUSE: Duration = Duration::from_millis(60);
const SOON: Duration = Duration::from_secs(60);

struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        migrations()
    }
}

#[derive(Debug, Clone, Serialize)]
struct Happened {
    n: usize,
}

impl EventData for Happened {
    fn topic(&self) -> Topic {
        Topic::OrderPaid
    }

    fn key(&self) -> String {
        format!("k{}", self.n)
    }
}

/// What a process has for itself: a pool and a way to wake others.
struct Replica {
    db: DatabaseConnection,
    wakeup: Wakeup,
    stop: CancellationToken,
}

impl Replica {
    async fn start(url: &str, kafka: &KafkaConfig) -> Self {
        let db = database::connect(url, &Options::default()).await.unwrap();
        let wakeup = Wakeup::new(&db, url);
        let relay = Relay::new(db.clone(), kafka.clone(), wakeup.clone(), Arc::new(SystemClock));
        let stop = CancellationToken::new();
        let stopped = stop.clone();
        tokio::spawn(async move { relay.run(stopped).await.unwrap() });
        Self { db, wakeup, stop }
    }
}

#[tokio::main]
async fn main() {
    let prefix = TopicPrefix::unique();
    let _topics = prefix.create_topics(&[Topic::OrderPaid.name()], 1).await;
    let database = TestDatabase::create(async |db: &DatabaseConnection| {
        database::migrate::<Migrator>(db).await.unwrap()
    })
    .await;
    let kafka = KafkaConfig::new(brokers(), "bench").with_topic_prefix(prefix.as_str());
    let holder = Replica::start(database.url(), &kafka).await;
    eventually(SOON, "the first relay works", async || {
        database.number("SELECT count(*) FROM leases").await == 1
    })
    .await;
    let other = Replica::start(database.url(), &kafka).await;
    let consumer = consumer(&prefix.topic(Topic::OrderPaid.name()));

    let fsync = database.texts("SELECT current_setting('fsync')").await.remove(0);
    println!("From the commit to the consumer, {EVENTS} events each; PostgreSQL with fsync={fsync}:\n");
    println!("| writer | events come | p50 | p99 | longest |");
    println!("|---|---|---|---|---|");
    for (name, writer) in [("the relay's own replica", &holder), ("the other replica", &other)] {
        for (way, pause) in [("in a row", None), ("now and then", Some(PAUSE))] {
            let mut took = measure(writer, &consumer, pause).await;
            took.sort();
            let [p50, p99, longest] =
                [50, 99, 100].map(|share| ms(took[(took.len() * share).div_ceil(100) - 1]));
            println!("| {name} | {way} | {p50} | {p99} | {longest} |");
        }
    }
    let epoch = database.number("SELECT epoch FROM leases").await;
    println!("\nThe lease changed hands {} times.", epoch - 1);
    holder.stop.cancel();
    other.stop.cancel();
}

async fn measure(writer: &Replica, consumer: &StreamConsumer, pause: Option<Duration>) -> Vec<Duration> {
    let outbox = OutboxWriter::new(Source("/bench"), Arc::new(SystemClock));
    let mut took = Vec::with_capacity(EVENTS);
    for n in 0..EVENTS + WARM_UP {
        let event = Envelope::new(EventId::generate(&SystemClock), SystemClock.now(), Happened { n });
        let tx = begin(&writer.db).await.unwrap();
        outbox.append(&tx, &event).await.unwrap();
        tx.commit().await.unwrap();
        let committed = Instant::now();
        writer.wakeup.notify();
        let message = tokio::time::timeout(SOON, consumer.recv()).await.expect("the event arrives").unwrap();
        let arrived = committed.elapsed();
        assert_eq!(message.key(), Some(format!("k{n}").as_bytes()), "one event at a time");
        if n >= WARM_UP {
            took.push(arrived);
        }
        if let Some(pause) = pause {
            tokio::time::sleep(pause).await;
        }
    }
    took
}

fn consumer(topic: &str) -> StreamConsumer {
    let consumer: StreamConsumer = ClientConfig::new()
        .set("bootstrap.servers", brokers())
        .set("group.id", unique("bench-"))
        .set("enable.auto.commit", "false")
        .create()
        .unwrap();
    let mut all = TopicPartitionList::new();
    all.add_partition_offset(topic, 0, Offset::Beginning).unwrap();
    consumer.assign(&all).unwrap();
    consumer
}

/// Milliseconds with one decimal.
fn ms(duration: Duration) -> String {
    let tenths = duration.as_micros() / 100;
    format!("{}.{} ms", tenths / 10, tenths % 10)
}
