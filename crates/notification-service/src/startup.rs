//! From a configuration to a running service; the only place that sees every layer.

use std::sync::Arc;
use std::time::Duration;

use actix_web::web::ServiceConfig;
use kernel::Clock;
use lettre::{AsyncSmtpTransport, Tokio1Executor};
use messaging::{Consumer, ConsumerConfig, Relay, TopicPlan, Wakeup};
use sea_orm::DatabaseConnection;
use secrecy::ExposeSecret;
use service_kit::command::Applier;
use service_kit::database::{open_at_start, open_current};
use service_kit::env::KafkaSettings;
use service_kit::health::{self, Readiness};
use service_kit::server::Server;
use service_kit::supervise::Parts;
use service_kit::task::Tasks;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::app::{Delivery, DeliverySettings};
use crate::config::{Config, LettersConfig, MailConfig, MailWay};
use crate::domain::Patience;
use crate::email::{MailFiles, Postman, Renderer, Transport};
use crate::events::{CustomerEvents, GROUP, SOURCE, TOPICS};
use crate::http::{self, MailFolder};
use crate::metrics::Metrics;
use crate::store::migrations::Migrator;
use crate::workers;

/// How many mails are sent side by side.
const BATCH: u64 = 8;

/// The service, ready to run.
pub struct Application {
    server: Server,
    db: DatabaseConnection,
    consumer: Consumer,
    relay: Relay,
    delivery: Delivery,
    wake: Arc<Notify>,
    folder: Option<MailFolder>,
    worker_interval: Duration,
    time_to_end: Duration,
}

/// Opens the database and takes the port. With `MIGRATE_ON_START` it migrates first.
///
/// # Errors
/// When the database does not answer or has an older schema, topics cannot be made, or the port is taken.
pub async fn build(config: Config, clock: Arc<dyn Clock>) -> anyhow::Result<Application> {
    let server = Server::bind(&config.http)?;
    let db = open_at_start::<Migrator>(&config.database, GROUP).await?;
    if config.kafka.create_topics_on_start {
        create_topics(&config.kafka).await?;
    }
    let kafka = config.kafka.client(GROUP);
    let wake = Arc::new(Notify::new());
    let wakeup = Wakeup::new(&db, config.database.url.expose_secret());
    let handler = CustomerEvents {
        clock: clock.clone(),
        mail_domain: config.mail.from.email.domain().to_owned(),
        wake: wake.clone(),
    };
    let group = ConsumerConfig::new(GROUP, TOPICS, SOURCE);
    let consumer =
        Consumer::new(db.clone(), kafka.clone(), group, Arc::new(handler), wakeup.clone(), clock.clone());
    // Dead letters leave through the outbox.
    let relay = Relay::new(db.clone(), kafka, wakeup, clock.clone());
    let folder = match &config.mail.way {
        MailWay::Folder(folder) => {
            tracing::warn!("MAIL_DIR is set: no mail leaves, and GET /mailbox shows all of them to anyone");
            Some(MailFolder(Arc::new(folder.clone())))
        }
        MailWay::Smtp(_) => None,
    };
    Ok(Application {
        server,
        consumer,
        relay,
        delivery: delivery(db.clone(), config.mail, clock)?,
        db,
        wake,
        folder,
        worker_interval: config.worker_interval,
        time_to_end: config.http.time_to_end(),
    })
}

/// What applies messages as the consumer does, for a command.
///
/// # Errors
/// When the database does not answer or has an older schema.
pub(crate) async fn applier(config: &LettersConfig, clock: Arc<dyn Clock>) -> anyhow::Result<Applier> {
    let db = open_current::<Migrator>(&config.database, GROUP).await?;
    let handler = CustomerEvents {
        clock,
        mail_domain: config.from.email.domain().to_owned(),
        wake: Arc::new(Notify::new()),
    };
    Ok(Applier { db, handler: Arc::new(handler), own_source: SOURCE })
}

/// Creates the topics it reads and the one for its dead letters, where they are missing; without copies, as
/// for development.
///
/// # Errors
/// When the brokers do not answer or refuse.
pub async fn create_topics(settings: &KafkaSettings) -> anyhow::Result<()> {
    let plan = TopicPlan {
        topics: TOPICS,
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

    /// Runs until `shutdown`, then ends within `DRAIN_DELAY` and `SHUTDOWN_TIMEOUT`: messages and mails in hand are
    /// finished.
    ///
    /// # Errors
    /// When a part cannot run; the others are ended too.
    pub async fn run(self, shutdown: CancellationToken) -> anyhow::Result<()> {
        let mut parts = Parts::new(&shutdown, self.time_to_end);
        let stop = parts.stop();
        let readiness =
            Readiness::new().database(self.db.clone()).migrations::<Migrator>(self.db).until(stop.clone());
        let folder = self.folder;
        let routes = move |app: &mut ServiceConfig| {
            health::configure(app, readiness.clone());
            if let Some(folder) = &folder {
                http::routes(app, folder);
            }
        };
        parts.start(self.server.run(Tasks::new(), routes, stop.clone()));
        let consumed = self.consumer.run(stop.clone());
        parts.start(async { Ok(consumed.await?) });
        let delivered = workers::deliver_until(self.delivery, self.wake, self.worker_interval, stop);
        parts.start(async {
            delivered.await;
            Ok(())
        });
        // The relay goes on until the others are done: dead letters leave through the outbox.
        let relayed = self.relay.run(parts.stop_last());
        parts.start_last(async { Ok(relayed.await?) });
        parts.ended().await
    }
}

fn delivery(db: DatabaseConnection, mail: MailConfig, clock: Arc<dyn Clock>) -> anyhow::Result<Delivery> {
    let transport = match &mail.way {
        MailWay::Smtp(url) => {
            let smtp = AsyncSmtpTransport::<Tokio1Executor>::from_url(url.expose_secret())?;
            Transport::Smtp(smtp.timeout(Some(mail.deadline)).build())
        }
        MailWay::Folder(folder) => Transport::Files(MailFiles::open(folder)?),
    };
    let shop = mail.from.name.clone().unwrap_or_else(|| mail.from.email.domain().to_owned());
    let renderer = Renderer::new(shop, mail.shop_url)?;
    let postman = Postman { renderer, from: mail.from, transport };
    let settings = DeliverySettings {
        batch: BATCH,
        lease: mail.lease,
        deadline: mail.deadline,
        patience: Patience { max_age: mail.max_age.try_into()? },
    };
    Ok(Delivery { db, mailer: Arc::new(postman), clock, settings, metrics: Metrics::new() })
}
