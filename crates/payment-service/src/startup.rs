//! From a configuration to a running service; the only place that sees every layer.

use std::sync::Arc;
use std::time::Duration;

use actix_web::web::{Data, ServiceConfig};
use anyhow::Context;
use kernel::Clock;
use messaging::database::{self, Options};
use messaging::{Consumer, ConsumerConfig, KafkaConfig, OutboxWriter, Relay, TopicPlan, Wakeup};
use sea_orm::DatabaseConnection;
use secrecy::ExposeSecret;
use service_kit::auth::{Auth, JwtVerifier};
use service_kit::csrf::Csrf;
use service_kit::env::{DatabaseConfig, KafkaSettings};
use service_kit::health::{self, Readiness};
use service_kit::server::Server;
use service_kit::task::Tasks;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::app::{App, Metrics, Work};
use crate::config::Config;
use crate::events::{GROUP, Handled, SOURCE, TOPICS};
use crate::http::{self, Settings};
use crate::store::Migrator;
use crate::stripe::{Client, Gateway, WebhookSecrets};
use crate::workers;

/// What it publishes.
const PUBLISHED: &[events::Topic] = events::PaymentEvent::TOPICS;

/// How much longer than `DRAIN_DELAY` and `SHUTDOWN_TIMEOUT`, which the parts themselves keep, we wait for them.
const MARGIN: Duration = Duration::from_secs(1);

/// The service, ready to run.
pub struct Application {
    server: Server,
    app: Arc<App>,
    auth: Auth,
    csrf: Csrf,
    settings: Settings,
    consumer: Consumer,
    relay: Relay,
    time_to_end: Duration,
}

/// Opens the database and takes the port. With `MIGRATE_ON_START` it migrates first.
///
/// # Errors
/// When the database does not answer or has an older schema, topics cannot be made, or the port is taken.
pub async fn build(config: Config, clock: Arc<dyn Clock>) -> anyhow::Result<Application> {
    let server = Server::bind(&config.http)?;
    let time_to_end = config.http.time_to_end();
    let db = open(&config.database).await?;
    if config.database.migrate_on_start {
        database::migrate::<Migrator>(&db).await?;
    }
    database::ensure_migrated::<Migrator>(&db).await?;
    if config.kafka.create_topics_on_start {
        create_topics(&config.kafka).await?;
    }
    let kafka = kafka(&config.kafka);
    let wakeup = Wakeup::new(&db, config.database.url.expose_secret());
    let client = Client::new(config.stripe).context("the client for Stripe cannot be made")?;
    let secrets = WebhookSecrets::new(config.webhook_secrets);
    let app = Arc::new(App {
        db: db.clone(),
        clock: clock.clone(),
        stripe: Arc::new(Gateway::new(client, secrets, clock.clone())),
        outbox: OutboxWriter::new(SOURCE, clock.clone()),
        wakeup: wakeup.clone(),
        fresh_sessions: App::session_cache(&config.policy),
        policy: config.policy,
        metrics: Metrics::new(),
        work: Work::default(),
    });
    let group = ConsumerConfig::new(GROUP, TOPICS, SOURCE);
    let handler = Arc::new(Handled(app.clone()));
    let users = JwtVerifier::new(&config.auth, clock.clone())?;
    Ok(Application {
        consumer: Consumer::new(db.clone(), kafka.clone(), group, handler, wakeup.clone(), clock.clone()),
        relay: Relay::new(db, kafka, wakeup, clock.clone()),
        auth: Auth::new(users, config.auth.service_token),
        csrf: Csrf::new(config.csrf_key, config.http.allowed_origins, clock),
        settings: config.settings,
        server,
        app,
        time_to_end,
    })
}

/// Brings the database to the newest schema.
///
/// # Errors
/// Those of the database.
pub async fn migrate(config: &DatabaseConfig) -> anyhow::Result<()> {
    let options = Options::new(GROUP).unlimited();
    let db = database::connect(config.url.expose_secret(), &options).await.context("no database")?;
    database::migrate::<Migrator>(&db).await?;
    Ok(())
}

/// Creates the topics it publishes and reads, and the one for its dead letters, where they are missing; without
/// copies, as for development.
///
/// # Errors
/// When the brokers do not answer or refuse.
pub async fn create_topics(settings: &KafkaSettings) -> anyhow::Result<()> {
    let topics = [PUBLISHED, TOPICS].concat();
    let plan =
        TopicPlan { topics: &topics, groups: &[GROUP], partitions: settings.partitions, replication: 1 };
    Ok(messaging::create_topics(&kafka(settings), &plan).await?)
}

impl Application {
    /// The port it listens on.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.server.port()
    }

    /// Runs until `shutdown`, then ends within `DRAIN_DELAY` and `SHUTDOWN_TIMEOUT`: requests, messages and calls to Stripe in hand
    /// are finished, or cut off in the end: what is cut off is found in the database and gone on with.
    ///
    /// # Errors
    /// When a part cannot run; the others are ended too.
    pub async fn run(self, shutdown: CancellationToken) -> anyhow::Result<()> {
        // A part that fails ends the others, and only them.
        let stop = shutdown.child_token();
        let readiness = Readiness::new()
            .database(self.app.db.clone())
            .migrations::<Migrator>(self.app.db.clone())
            .until(stop.clone());
        let (app, auth) = (Data::from(self.app.clone()), Data::new(self.auth));
        let (csrf, settings) = (Data::new(self.csrf), Data::new(self.settings));
        let routes = move |config: &mut ServiceConfig| {
            health::configure(config, readiness.clone());
            config
                .app_data(app.clone())
                .app_data(auth.clone())
                .app_data(csrf.clone())
                .app_data(settings.clone());
            http::routes(config);
        };
        let mut parts: JoinSet<anyhow::Result<()>> = JoinSet::new();
        parts.spawn(self.server.run(Tasks::new(), routes, stop.clone()));
        let consumed = self.consumer.run(stop.clone());
        parts.spawn(async { Ok(consumed.await?) });
        let relayed = self.relay.run(stop.clone());
        parts.spawn(async { Ok(relayed.await?) });
        let worked = workers::run(self.app, stop.clone());
        parts.spawn(async {
            worked.await;
            Ok(())
        });
        let mut outcome = Ok(());
        let overdue = async {
            stop.cancelled().await;
            tokio::time::sleep(self.time_to_end + MARGIN).await;
        };
        tokio::pin!(overdue);
        loop {
            let ended = tokio::select! {
                ended = parts.join_next() => ended,
                () = &mut overdue => {
                    tracing::warn!("a part of the service did not end in time and is cut off");
                    parts.shutdown().await;
                    break;
                }
            };
            let Some(ended) = ended else { break };
            stop.cancel();
            if let Err(error) = ended.map_err(anyhow::Error::from).and_then(|result| result) {
                tracing::error!(error = format!("{error:#}"), "a part of the service failed");
                outcome = outcome.and(Err(error));
            }
        }
        outcome
    }
}

async fn open(config: &DatabaseConfig) -> anyhow::Result<DatabaseConnection> {
    let options = Options { max_connections: config.max_connections, ..Options::new(GROUP) };
    database::connect(config.url.expose_secret(), &options).await.context("the database does not answer")
}

fn kafka(settings: &KafkaSettings) -> KafkaConfig {
    let mut kafka = KafkaConfig::new(&settings.brokers, GROUP).with_topic_prefix(&settings.topic_prefix);
    kafka.properties = settings.properties.0.clone();
    kafka
}
