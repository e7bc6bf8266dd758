//! The service, started as in production, with a database, topics and a mail server of the test's own.

use std::sync::Arc;
use std::time::Duration;

use kernel::ManualClock;
use notification_service::{Config, Migrator, startup};
use sea_orm::DatabaseConnection;
use service_kit::env::Env;
use service_kit::telemetry;
use test_support::{Mail, MailServer, Service, TestDatabase, TestTopics, TopicPrefix, eventually};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::publish::Publisher;

pub const PATIENCE: Duration = Duration::from_secs(30);
const TOPICS: &[&str] = &[
    "payment.failed",
    "payment.successful",
    "payment.refunded",
    "order.paid",
    "order.cancelled",
    "order.expired",
    "notification-service.dlq",
];

/// What one or several instances of the service share.
pub struct World {
    pub database: TestDatabase,
    pub mails: MailServer,
    pub publisher: Publisher,
    pub clock: Arc<ManualClock>,
    pub env: Env,
    _topics: TestTopics,
}

impl World {
    pub async fn new() -> Self {
        let database = TestDatabase::create(migrate).await;
        Self::with_database(database).await
    }

    pub async fn with_database(database: TestDatabase) -> Self {
        let mails = MailServer::start().await;
        let prefix = TopicPrefix::unique();
        let topics = prefix.create_topics(TOPICS, 1).await;
        let env = Env::from_pairs([
            ("HOST", "127.0.0.1"),
            ("PORT", "0"),
            ("MAIL_FROM", "Tender <orders@shop.example>"),
            ("SHOP_URL", "https://shop.example"),
            ("ALLOWED_ORIGINS", "https://shop.example"),
            ("WORKER_INTERVAL", "50ms"),
            ("RUST_LOG", "warn"),
        ])
        .with("DATABASE_URL", database.url())
        .with("SMTP_URL", mails.url())
        .with("KAFKA_BROKERS", test_support::brokers())
        .with("KAFKA_TOPIC_PREFIX", prefix.as_str());
        Self {
            publisher: Publisher::new(&prefix),
            database,
            mails,
            clock: Arc::new(ManualClock::running()),
            env,
            _topics: topics,
        }
    }

    /// Starts an instance in this process.
    pub async fn start(&self) -> App {
        self.start_with(self.env.clone()).await
    }

    pub async fn start_with(&self, env: Env) -> App {
        let config = Config::from_env(&env).unwrap();
        // Without it there are no metrics. Nothing is sent, so nothing is lost without the guard.
        drop(telemetry::init("notification-service", &config.telemetry).unwrap());
        let application = startup::build(config, self.clock.clone()).await.unwrap();
        let url = format!("http://127.0.0.1:{}", application.port());
        let stop = CancellationToken::new();
        let run = tokio::spawn(application.run(stop.clone()));
        App { url, stop, run: Some(run) }
    }

    /// Starts the binary.
    pub async fn start_process(&self, extra: &[(&str, &str)]) -> Service {
        let names = [
            "MAIL_FROM",
            "SHOP_URL",
            "ALLOWED_ORIGINS",
            "WORKER_INTERVAL",
            "DATABASE_URL",
            "SMTP_URL",
            "KAFKA_BROKERS",
            "KAFKA_TOPIC_PREFIX",
        ];
        let pairs = names.iter().filter_map(|name| Some((*name, self.env.get(name)?)));
        let all = pairs.chain(extra.iter().copied());
        let builder = Service::builder("notification-service");
        all.fold(builder, |builder, (name, value)| builder.env(name, value)).start().await
    }

    /// Waits until as many mails were accepted, and answers them.
    pub async fn mails(&self, count: usize) -> Vec<Mail> {
        eventually(PATIENCE, format!("{count} mails"), async || {
            let mails = self.mails.accepted();
            if mails.len() >= count {
                Ok(mails)
            } else {
                Err(mails.iter().map(|mail| mail.subject.clone()).collect::<Vec<_>>())
            }
        })
        .await
    }

    /// Waits until so many events are applied.
    pub async fn applied(&self, count: i64) {
        eventually(PATIENCE, format!("{count} events are applied"), async || {
            let applied = self.database.number("SELECT count(*) FROM inbox").await;
            if applied >= count { Ok(()) } else { Err(applied) }
        })
        .await;
    }

    /// Waits until so many notifications are in `state`.
    pub async fn in_state(&self, state: &str, count: i64) {
        let sql = format!("SELECT count(*) FROM notifications WHERE state = '{state}'");
        eventually(PATIENCE, format!("{count} {state}"), async || {
            let found = self.database.number(&sql).await;
            if found == count { Ok(()) } else { Err(found) }
        })
        .await;
    }

    /// Waits until `count` notifications were tried `tries` times at least, and how the last try went is noted.
    pub async fn tried(&self, tries: i64, count: i64) {
        let sql =
            format!("SELECT count(*) FROM notifications WHERE attempts >= {tries} AND lease_until IS NULL");
        eventually(PATIENCE, format!("{count} tried {tries} times"), async || {
            let found = self.database.number(&sql).await;
            if found == count { Ok(()) } else { Err(found) }
        })
        .await;
    }

    /// What must hold when a test ends.
    pub async fn assert_settled(&self) {
        for table in ["dead_letters", "outbox"] {
            assert_eq!(self.database.number(&format!("SELECT count(*) FROM {table}")).await, 0, "{table}");
        }
        self.in_state("pending", 0).await;
    }
}

/// A running instance; ends with the test.
pub struct App {
    pub url: String,
    stop: CancellationToken,
    run: Option<JoinHandle<anyhow::Result<()>>>,
}

impl App {
    pub async fn stop(mut self) {
        self.stop.cancel();
        self.run.take().unwrap().await.unwrap().unwrap();
    }
}

impl Drop for App {
    fn drop(&mut self) {
        self.stop.cancel();
        if let Some(run) = &self.run {
            run.abort();
        }
    }
}

pub async fn migrate(db: &DatabaseConnection) {
    messaging::database::migrate::<Migrator>(db).await.unwrap();
}
