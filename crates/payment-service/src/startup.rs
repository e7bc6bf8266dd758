//! From a configuration to a running service; the only place that sees every layer.

use std::sync::Arc;
use std::time::Duration;

use actix_web::web::{Data, ServiceConfig};
use anyhow::Context;
use kernel::Clock;
use messaging::{Consumer, ConsumerConfig, OutboxWriter, Relay, TopicPlan, Wakeup};
use sea_orm::DatabaseConnection;
use secrecy::ExposeSecret;
use service_kit::auth::{Auth, JwtVerifier};
use service_kit::command::Applier;
use service_kit::csrf::Csrf;
use service_kit::database::{open_at_start, open_current};
use service_kit::env::KafkaSettings;
use service_kit::health::{self, Readiness};
use service_kit::server::Server;
use service_kit::supervise::Parts;
use service_kit::task::Tasks;
use tokio_util::sync::CancellationToken;

use crate::app::{App, Metrics, Work};
use crate::config::{Config, CoreConfig};
use crate::events::{GROUP, Handled, SOURCE, TOPICS};
use crate::http::{self, Settings};
use crate::store::Migrator;
use crate::stripe::{Client, Gateway, WebhookSecrets};
use crate::workers;

/// What it publishes.
const PUBLISHED: &[events::Topic] = events::PaymentEvent::TOPICS;

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
    let db = open_at_start::<Migrator>(&config.core.database, GROUP).await?;
    if config.kafka.create_topics_on_start {
        create_topics(&config.kafka).await?;
    }
    let kafka = config.kafka.client(GROUP);
    let secrets = WebhookSecrets::new(config.webhook_secrets);
    let app = Arc::new(assemble(config.core, db.clone(), secrets, clock.clone())?);
    let wakeup = app.wakeup.clone();
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

/// What applies messages as the consumer does, for a command.
///
/// # Errors
/// When the database does not answer or has an older schema.
pub(crate) async fn applier(config: CoreConfig, clock: Arc<dyn Clock>) -> anyhow::Result<Applier> {
    let app = Arc::new(app(config, clock).await?);
    Ok(Applier { db: app.db.clone(), handler: Arc::new(Handled(app)), own_source: SOURCE })
}

/// The use cases' parts, for a command: nothing that comes from outside is verified there.
///
/// # Errors
/// When the database does not answer or has an older schema.
pub(crate) async fn app(config: CoreConfig, clock: Arc<dyn Clock>) -> anyhow::Result<App> {
    let db = open_current::<Migrator>(&config.database, GROUP).await?;
    assemble(config, db, WebhookSecrets::new(Vec::new()), clock)
}

/// The parts that use cases work with.
pub(crate) fn assemble(
    config: CoreConfig,
    db: DatabaseConnection,
    secrets: WebhookSecrets,
    clock: Arc<dyn Clock>,
) -> anyhow::Result<App> {
    let client = Client::new(config.stripe).context("the client for Stripe cannot be made")?;
    Ok(App {
        wakeup: Wakeup::new(&db, config.database.url.expose_secret()),
        stripe: Arc::new(Gateway::new(client, secrets, clock.clone())),
        outbox: OutboxWriter::new(SOURCE, clock.clone()),
        fresh_sessions: App::session_cache(&config.policy),
        policy: config.policy,
        metrics: Metrics::new(),
        work: Work::default(),
        db,
        clock,
    })
}

/// Creates the topics it publishes and reads, and the one for its dead letters, where they are missing; without
/// copies, as for development.
///
/// # Errors
/// When the brokers do not answer or refuse.
pub async fn create_topics(settings: &KafkaSettings) -> anyhow::Result<()> {
    let topics = [PUBLISHED, TOPICS].concat();
    let plan = TopicPlan {
        topics: &topics,
        groups: &[GROUP],
        partitions: settings.partitions,
        replication: settings.replication,
    };
    Ok(messaging::create_topics(&settings.client(GROUP), &plan).await?)
}

impl Application {
    /// The port it listens on.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.server.port()
    }

    /// Runs until `shutdown`, then ends within `DRAIN_DELAY` and `SHUTDOWN_TIMEOUT`: requests, messages and calls to
    /// Stripe are finished, or cut off in the end: what is cut off is found in the database and gone on with.
    ///
    /// # Errors
    /// When a part cannot run; the others are ended too.
    pub async fn run(self, shutdown: CancellationToken) -> anyhow::Result<()> {
        let mut parts = Parts::new(&shutdown, self.time_to_end);
        let stop = parts.stop();
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
        parts.start(self.server.run(Tasks::new(), routes, stop.clone()));
        let consumed = self.consumer.run(stop.clone());
        parts.start(async { Ok(consumed.await?) });
        let worked = workers::run(self.app, stop);
        parts.start(async {
            worked.await;
            Ok(())
        });
        // The relay goes on until the others are done, which still write events.
        let relayed = self.relay.run(parts.stop_last());
        parts.start_last(async { Ok(relayed.await?) });
        parts.ended().await
    }
}
