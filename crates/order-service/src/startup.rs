//! Puts the parts together. The only place that sees every layer.

use std::sync::Arc;

use ::events::{OrderEvent, ProductEvent, Topic};
use actix_web::web::{Data, ServiceConfig};
use anyhow::Context;
use kernel::Clock;
use messaging::database;
use messaging::{Consumer, ConsumerConfig, KafkaConfig, OutboxWriter, Relay, Source, TopicPlan, Wakeup};
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
use time::Duration;
use tokio_util::sync::CancellationToken;

use crate::app::{App, Settings, seed};
use crate::config::{Config, CoreConfig};
use crate::domain::order::Redirects;
use crate::domain::token::Keys;
use crate::events::{Events, GROUP, topics};
use crate::http::{self, Shop};
use crate::payments::HttpPayments;
use crate::store::Migrator;
use crate::workers;

const SOURCE: Source = Source("/order-service");

/// The service, built and listening, not yet serving.
pub struct Application {
    app: Arc<App>,
    config: Config,
    clock: Arc<dyn Clock>,
    server: Server,
    kafka: KafkaConfig,
}

/// Builds the service: database, clients, port.
///
/// # Errors
/// When the database cannot be reached or has an older schema, or the port is taken.
pub async fn build(config: Config, clock: Arc<dyn Clock>) -> anyhow::Result<Application> {
    let db = open_at_start::<Migrator>(&config.core.database, GROUP).await?;
    if config.kafka.create_topics_on_start {
        create_topics(&config.kafka).await?;
    }
    let kafka = config.kafka.client(GROUP);
    let app = Arc::new(assemble(&config.core, db, clock.clone())?);
    let server = Server::bind(&config.http)?;
    Ok(Application { app, config, clock, server, kafka })
}

impl Application {
    /// The port it listens on.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.server.port()
    }

    /// Serves, publishes, consumes and works until `shutdown`, then drains within `DRAIN_DELAY` and
    /// `SHUTDOWN_TIMEOUT`.
    ///
    /// # Errors
    /// When one of the parts cannot start or ends by itself.
    pub async fn run(self, shutdown: CancellationToken) -> anyhow::Result<()> {
        let Self { app, config, clock, server, kafka } = self;
        let mut parts = Parts::new(&shutdown, config.http.time_to_end());
        let routes = routes(&config, &app, clock.clone(), &parts.stop())?;
        let consumer = Consumer::new(
            app.db.clone(),
            kafka.clone(),
            ConsumerConfig::new(GROUP, topics(), SOURCE),
            Arc::new(Events(app.clone())),
            app.wakeup.clone(),
            clock.clone(),
        );
        let relay = Relay::new(app.db.clone(), kafka, app.wakeup.clone(), clock);
        parts.start(server.run(Tasks::new(), routes, parts.stop()));
        let consumed = consumer.run(parts.stop());
        parts.start(async { Ok(consumed.await?) });
        let worked = workers::run(app, config.worker_interval, parts.stop());
        parts.start(async {
            worked.await;
            Ok(())
        });
        // The relay goes on until the others are done, which still write events.
        let relayed = relay.run(parts.stop_last());
        parts.start_last(async { Ok(relayed.await?) });
        parts.ended().await
    }
}

/// Brings the schema of an open database up to date.
///
/// # Errors
/// When a migration fails.
pub async fn migrate_database(db: &DatabaseConnection) -> anyhow::Result<()> {
    Ok(database::migrate::<Migrator>(db).await?)
}

/// Creates the topics this service publishes and consumes, and the one for its dead letters, where they are missing;
/// without copies, as for development.
///
/// # Errors
/// When the brokers do not answer or refuse.
pub async fn create_topics(settings: &KafkaSettings) -> anyhow::Result<()> {
    let mut all: Vec<Topic> = topics();
    all.extend(OrderEvent::TOPICS);
    all.extend(ProductEvent::TOPICS);
    all.sort();
    all.dedup();
    let plan = TopicPlan {
        topics: &all,
        groups: &[GROUP],
        partitions: settings.partitions,
        replication: settings.replication,
    };
    Ok(messaging::create_topics(&settings.client(GROUP), &plan).await?)
}

/// What applies messages as the consumer does, for a command.
///
/// # Errors
/// When the database cannot be reached or has an older schema.
pub(crate) async fn applier(config: &CoreConfig, clock: Arc<dyn Clock>) -> anyhow::Result<Applier> {
    let db = open_current::<Migrator>(&config.database, GROUP).await?;
    let app = Arc::new(assemble(config, db.clone(), clock)?);
    Ok(Applier { db, handler: Arc::new(Events(app)), own_source: SOURCE })
}

/// Puts the sample catalogue into the database. How many products were missing.
///
/// # Errors
/// When the database cannot be reached or has an older schema.
pub async fn seed_catalogue(config: &CoreConfig, clock: Arc<dyn Clock>) -> anyhow::Result<usize> {
    let db = open_current::<Migrator>(&config.database, GROUP).await?;
    let app = assemble(config, db, clock)?;
    Ok(seed::seed(&app).await?)
}

fn assemble(config: &CoreConfig, db: DatabaseConnection, clock: Arc<dyn Clock>) -> anyhow::Result<App> {
    let mut keys = config.order_token_keys.iter().map(ExposeSecret::expose_secret);
    let current = keys.next().context("ORDER_TOKEN_KEYS is empty")?;
    Ok(App {
        outbox: OutboxWriter::new(SOURCE, clock.clone()),
        wakeup: Wakeup::new(&db, config.database.url.expose_secret()),
        payments: Arc::new(HttpPayments::new(&config.payment_url, config.service_token.clone())?),
        keys: Keys::new(current, keys),
        settings: Settings {
            hold: Duration::try_from(config.hold_duration)?,
            session_max_age: Duration::try_from(config.session_max_age)?,
            currency: config.default_currency,
            redirects: Redirects {
                success_url: config.default_success_url.clone(),
                cancel_url: config.default_cancel_url.clone(),
            },
            payment_methods: config.payment_methods.clone(),
        },
        db,
        clock,
    })
}

fn routes(
    config: &Config,
    app: &Arc<App>,
    clock: Arc<dyn Clock>,
    shutdown: &CancellationToken,
) -> anyhow::Result<impl Fn(&mut ServiceConfig) + Clone + Send + 'static> {
    let users = JwtVerifier::new(&config.auth, clock.clone())?;
    let auth = Data::new(Auth::new(users, config.auth.service_token.clone()));
    let csrf = Data::new(Csrf::new(config.csrf_key.clone(), config.http.allowed_origins.clone(), clock));
    let readiness = Readiness::new()
        .database(app.db.clone())
        .migrations::<Migrator>(app.db.clone())
        .until(shutdown.clone());
    let shop = Shop { app: app.clone(), origins: config.http.allowed_origins.clone() };
    Ok(move |service: &mut ServiceConfig| {
        health::configure(service, readiness.clone());
        service.app_data(auth.clone()).app_data(csrf.clone());
        http::configure(service, shop.clone());
    })
}
