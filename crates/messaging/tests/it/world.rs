//! What a test needs around it: a migrated database, topics, an outbox and things that run.

use std::sync::{Arc, Once};
use std::time::Duration;

use async_trait::async_trait;
use events::{Envelope, EventData, Topic};
use kernel::{EventId, SystemClock};
use messaging::database::{self, begin};
use messaging::{
    Consumer, ConsumerConfig, Handler, HandlerError, Incoming, KafkaConfig, OutboxWriter, Relay, RelayConfig,
    Source, Wakeup, migrations,
};
use opentelemetry::trace::TracerProvider;
use opentelemetry_sdk::trace::SdkTracerProvider;
use sea_orm::{ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, Statement};
use sea_orm_migration::prelude::*;
use serde::Serialize;
use test_support::{Received, TestDatabase, TestTopics, TopicPrefix, brokers, eventually, read_to_end};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

/// Long enough for a busy machine, short enough to notice.
pub const SOON: Duration = Duration::from_secs(30);
/// Who publishes in these tests.
pub const PUBLISHER: Source = Source("/publisher");
/// Who consumes.
pub const GROUP: &str = "reader";
pub const READER: Source = Source("/reader");

pub struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        let mut all = migrations();
        all.push(Box::new(Effects));
        all
    }
}

struct Effects;

impl MigrationName for Effects {
    fn name(&self) -> &'static str {
        "m20261121_000002_effects"
    }
}

#[async_trait]
impl MigrationTrait for Effects {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let place = match manager.get_database_backend() {
            DbBackend::Postgres => "bigserial PRIMARY KEY",
            _ => "integer PRIMARY KEY AUTOINCREMENT",
        };
        let sql = format!(
            "CREATE TABLE effects (place {place}, event_id text NOT NULL, event_key text NOT NULL, \
             n bigint NOT NULL, reader text NOT NULL)"
        );
        manager.get_connection().execute_unprepared(&sql).await?;
        Ok(())
    }
}

pub async fn migrate(db: &DatabaseConnection) {
    database::migrate::<Migrator>(db).await.unwrap();
}

/// Something that happened: the `n`-th of its key.
#[derive(Debug, Clone, Serialize)]
pub struct Happened {
    #[serde(skip)]
    pub topic: Option<Topic>,
    pub key: String,
    pub n: i64,
    pub note: String,
}

impl EventData for Happened {
    fn topic(&self) -> Topic {
        self.topic.unwrap_or(Topic::OrderPaid)
    }

    fn key(&self) -> String {
        self.key.clone()
    }
}

pub fn happened(key: &str, n: i64) -> Envelope<Happened> {
    happened_on(Topic::OrderPaid, key, n)
}

pub fn happened_on(topic: Topic, key: &str, n: i64) -> Envelope<Happened> {
    let data = Happened { topic: Some(topic), key: key.to_owned(), n, note: String::new() };
    Envelope::new(EventId::generate(&SystemClock), kernel::Clock::now(&SystemClock), data)
}

pub struct World {
    /// Dropped first: the topics' deletion needs nothing else.
    pub topics: TestTopics,
    pub prefix: TopicPrefix,
    pub db: DatabaseConnection,
    pub wakeup: Wakeup,
    pub kafka: KafkaConfig,
    pub writer: OutboxWriter,
    pub test_db: TestDatabase,
}

impl World {
    pub async fn new(partitions: i32) -> Self {
        Self::at(&brokers(), partitions).await
    }

    /// With its topics on these brokers.
    pub async fn at(brokers: &str, partitions: i32) -> Self {
        let dlq = format!("{GROUP}.dlq");
        Self::with_topics(brokers, &["order.paid", "order.created", &dlq], partitions).await
    }

    pub async fn without_dead_letter_topic() -> Self {
        Self::with_topics(&brokers(), &["order.paid", "order.created"], 1).await
    }

    async fn with_topics(brokers: &str, names: &[&str], partitions: i32) -> Self {
        observe();
        let prefix = TopicPrefix::unique();
        let topics = prefix.create_topics_at(brokers, names, partitions).await;
        let test_db = TestDatabase::create(migrate).await;
        let db = connect(test_db.url()).await;
        Self {
            wakeup: Wakeup::new(&db, test_db.url()),
            kafka: KafkaConfig::new(brokers, "test").with_topic_prefix(prefix.as_str()),
            writer: OutboxWriter::new(PUBLISHER, Arc::new(SystemClock)),
            topics,
            prefix,
            db,
            test_db,
        }
    }

    /// Another process: another pool and other wake-ups, the same database, topics and brokers. The answer has a
    /// database of its own, too, which nothing is in.
    pub async fn replica(&self) -> Self {
        let mut twin = Self::new(1).await;
        twin.db = connect(self.test_db.url()).await;
        twin.wakeup = Wakeup::new(&twin.db, self.test_db.url());
        twin.kafka = self.kafka.clone();
        twin
    }

    /// Appends in one transaction, commits and wakes the relay.
    pub async fn publish(&self, events: &[Envelope<Happened>]) {
        append(&self.db, &self.writer, events).await;
        self.wakeup.notify();
    }

    pub fn relay(&self) -> Running {
        self.relay_with(RelayConfig::default())
    }

    pub fn relay_with(&self, config: RelayConfig) -> Running {
        let relay =
            Relay::new(self.db.clone(), self.kafka.clone(), self.wakeup.clone(), Arc::new(SystemClock));
        Running::start(|stop| async move { relay.with_config(config).run(stop).await.unwrap() })
    }

    pub fn consumer(&self, handler: impl Handler) -> Running {
        let config = ConsumerConfig::new(GROUP, [Topic::OrderPaid, Topic::OrderCreated], READER);
        self.consumer_with(config, handler)
    }

    pub fn consumer_with(&self, config: ConsumerConfig, handler: impl Handler) -> Running {
        let consumer = Consumer::new(
            self.db.clone(),
            self.kafka.clone(),
            config,
            Arc::new(handler),
            self.wakeup.clone(),
            Arc::new(SystemClock),
        );
        Running::start(|stop| async move { consumer.run(stop).await.unwrap() })
    }

    pub async fn outbox_is_empty(&self) {
        eventually(SOON, "an empty outbox", async || {
            match self.test_db.number("SELECT count(*) FROM outbox").await {
                0 => Ok(()),
                rows => Err(rows),
            }
        })
        .await;
    }

    pub async fn effects(&self, wanted: i64) {
        self.counts("effects", wanted).await;
    }

    pub async fn counts(&self, table: &str, wanted: i64) {
        let sql = format!("SELECT count(*) FROM {table}");
        eventually(SOON, format!("{wanted} rows in {table}"), async || {
            match self.test_db.number(&sql).await {
                rows if rows == wanted => Ok(()),
                rows => Err(rows),
            }
        })
        .await;
    }

    pub async fn on_topic(&self, topic: &str) -> Vec<Received> {
        read_to_end(&self.kafka.brokers, &[self.prefix.topic(topic)]).await
    }

    /// The `n` of the effects of `key`, in the order they were made in.
    pub async fn order_of_effects(&self, key: &str) -> Vec<i64> {
        let sql = "SELECT n FROM effects WHERE event_key = $1 ORDER BY place";
        let statement = Statement::from_sql_and_values(self.db.get_database_backend(), sql, [key.into()]);
        let rows = self.db.query_all_raw(statement).await.unwrap();
        rows.iter().map(|row| row.try_get("", "n").unwrap()).collect()
    }
}

/// Traces for all tests of this process; their log on standard error as `RUST_LOG` asks for it.
fn observe() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let tracer = SdkTracerProvider::builder().build().tracer("test");
        let log = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_filter(
            EnvFilter::builder().with_default_directive(LevelFilter::OFF.into()).from_env_lossy(),
        );
        tracing_subscriber::registry()
            .with(tracing_opentelemetry::layer().with_tracer(tracer))
            .with(log)
            .init();
    });
}

pub async fn connect(url: &str) -> DatabaseConnection {
    database::connect(url, &database::Options::default()).await.unwrap()
}

pub async fn append(db: &DatabaseConnection, writer: &OutboxWriter, events: &[Envelope<Happened>]) {
    let tx = begin(db).await.unwrap();
    for event in events {
        writer.append(&tx, event).await.unwrap();
    }
    tx.commit().await.unwrap();
}

/// A relay or a consumer at work.
pub struct Running {
    stop: CancellationToken,
    task: Option<JoinHandle<()>>,
}

impl Running {
    pub fn start<F: Future<Output = ()> + Send + 'static>(run: impl FnOnce(CancellationToken) -> F) -> Self {
        let stop = CancellationToken::new();
        let task = tokio::spawn(run(stop.clone()));
        Self { stop, task: Some(task) }
    }

    /// Stops gracefully.
    pub async fn stop(mut self) {
        self.stop.cancel();
        let task = self.task.take().unwrap();
        tokio::time::timeout(SOON, task).await.expect("ends in time").unwrap();
    }

    /// As if the process had been killed, as far as a task can be.
    pub async fn kill(mut self) {
        let task = self.task.take().unwrap();
        task.abort();
        let _ = task.await;
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// What a test wants done with a message, before the effect is written.
pub enum Step {
    Apply,
    Fail,
    Retry,
    Panic,
    /// A statement fails and the handler says nothing.
    Swallow,
}

/// Writes a row per message, or does what `script` says.
pub struct Writer<S> {
    pub name: &'static str,
    pub script: S,
}

impl<S: Fn(&Incoming) -> Step + Send + Sync + 'static> Writer<S> {
    pub fn scripted(script: S) -> Self {
        Self { name: "one", script }
    }
}

/// Applies everything.
pub fn writer(name: &'static str) -> Writer<impl Fn(&Incoming) -> Step> {
    Writer { name, script: |_: &Incoming| Step::Apply }
}

#[async_trait]
impl<S: Fn(&Incoming) -> Step + Send + Sync + 'static> Handler for Writer<S> {
    async fn handle(&self, tx: &DatabaseTransaction, message: &Incoming) -> Result<(), HandlerError> {
        match (self.script)(message) {
            Step::Apply => {}
            Step::Fail => return Err(HandlerError::fail(anyhow::anyhow!("this one is bad"))),
            Step::Retry => return Err(HandlerError::retry(anyhow::anyhow!("no luck today"))),
            Step::Panic => panic!("index out of bounds"),
            Step::Swallow => {
                let _ = tx.execute_unprepared("SELECT 1/0").await;
                return Ok(());
            }
        }
        let value: serde_json::Value =
            serde_json::from_slice(&message.payload).map_err(HandlerError::fail)?;
        let insert = Statement::from_sql_and_values(
            tx.get_database_backend(),
            "INSERT INTO effects (event_id, event_key, n, reader) VALUES ($1, $2, $3, $4)",
            [
                message.event_id.to_string().into(),
                message.key.clone().unwrap_or_default().into(),
                value["data"]["n"].as_i64().unwrap_or_default().into(),
                self.name.into(),
            ],
        );
        tx.execute_raw(insert).await?;
        Ok(())
    }
}

/// The `n` in a message's value.
pub fn n_of(message: &Incoming) -> i64 {
    let value: serde_json::Value = serde_json::from_slice(&message.payload).unwrap();
    value["data"]["n"].as_i64().unwrap()
}
