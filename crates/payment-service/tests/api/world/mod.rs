//! The service, started as in production, with a database of its own and Stripe's double beside it.
//!
//! There is no broker unless a test asks for one: what would be published stays in the outbox, where it can be read.

mod broker;
mod http;
mod proxy;
mod rows;
mod sign;
mod stripe;
mod tokens;

use std::sync::Arc;
use std::time::Duration;

use kernel::ManualClock;
use payment_service::{Config, Migrator, startup};
use sea_orm::DatabaseConnection;
use serde_json::{Value, json};
use service_kit::env::Env;
use service_kit::telemetry;
use stripe_sandbox::{Running, Sandbox};
use test_support::{TestDatabase, TestTopics, TopicPrefix, http_client};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub use http::Answer;
use proxy::{Alter, Proxy};
pub use sign::{sign, signature};
pub use stripe::{DECLINED, NO_FUNDS, PAYS};
pub use tokens::{CSRF_KEY, JWT_SECRET, csrf_token, token, unsigned};

pub const PATIENCE: Duration = Duration::from_secs(30);
pub const SERVICE_TOKEN: &str = "service-token-of-the-tests";
pub const SECRET: &str = "whsec_secret_of_the_tests";
pub const SECOND_SECRET: &str = "whsec_another_secret_of_the_tests";
pub const SHOP: &str = "https://shop.example";
const NO_BROKER: &str = "127.0.0.1:9";

pub struct World {
    pub database: TestDatabase,
    pub clock: Arc<ManualClock>,
    pub sandbox: Running,
    pub client: reqwest::Client,
    pub env: Env,
    pub url: String,
    service: Option<Service>,
    prefix: TopicPrefix,
    proxy: Option<Proxy>,
    topics: Option<TestTopics>,
}

struct Service {
    stop: CancellationToken,
    run: JoinHandle<anyhow::Result<()>>,
}

impl World {
    /// Without a broker, and Stripe sends no webhooks: tests deliver them.
    pub async fn new() -> Self {
        Self::configured(&[]).await
    }

    /// The same, configured further.
    pub async fn configured(extra: &[(&str, &str)]) -> Self {
        Self::start(extra, false, None).await
    }

    /// With topics of its own on the broker.
    pub async fn with_broker(extra: &[(&str, &str)]) -> Self {
        Self::start(extra, true, None).await
    }

    /// With topics of its own, and a Stripe whose answers are changed until [`World::honest`].
    pub async fn with_answers(extra: &[(&str, &str)], alter: Alter) -> Self {
        Self::start(extra, true, Some(alter)).await
    }

    /// From now on Stripe answers as it is.
    pub fn honest(&self) {
        self.proxy.as_ref().unwrap().honest();
    }

    async fn start(extra: &[(&str, &str)], broker: bool, alter: Option<Alter>) -> Self {
        let clock = Arc::new(ManualClock::running());
        let database = TestDatabase::create(migrate).await;
        let config = stripe_sandbox::Config {
            clock: clock.clone(),
            settle_after: Duration::from_secs(3600),
            ..Default::default()
        };
        let sandbox = Sandbox::start(config).await.unwrap();
        let proxy = alter.map(|alter| Proxy::start(sandbox.url().to_owned(), alter));
        let stripe = proxy.as_ref().map_or_else(|| sandbox.url(), |proxy| &proxy.url).to_owned();
        let prefix = TopicPrefix::unique();
        let topics = if broker { Some(prefix.create_topics(broker::TOPICS, 1).await) } else { None };
        let brokers = if broker { test_support::brokers() } else { NO_BROKER.to_owned() };
        let env = Env::from_pairs([
            ("HOST", "127.0.0.1"),
            ("PORT", "0"),
            ("HTTP_WORKERS", "1"),
            ("JWT_SECRET", JWT_SECRET),
            ("CSRF_KEY", CSRF_KEY),
            ("SERVICE_TOKEN", SERVICE_TOKEN),
            ("ALLOWED_ORIGINS", SHOP),
            ("STRIPE_SECRET_KEY", "sk_test_sandbox"),
            ("STRIPE_PUBLISHABLE_KEY", "pk_test_sandbox"),
            ("STRIPE_TIMEOUT", "2s"),
            ("WORKER_INTERVAL", "40ms"),
            ("SESSION_CACHE_TTL", "1ms"),
            ("AD_HOC_PRICES", "allow"),
            ("RUST_LOG", "warn,messaging=off,service_kit=error"),
        ])
        .with("STRIPE_WEBHOOK_SECRET", format!("{SECRET},{SECOND_SECRET}"))
        .with("STRIPE_API_BASE", stripe)
        .with("DATABASE_URL", database.url())
        .with("KAFKA_BROKERS", brokers)
        .with("KAFKA_TOPIC_PREFIX", prefix.as_str());
        let env = extra.iter().fold(env, |env, (name, value)| env.with(*name, *value));
        let mut world = Self {
            database,
            clock,
            sandbox,
            client: http_client(),
            env,
            url: String::new(),
            service: None,
            prefix,
            proxy,
            topics,
        };
        world.faults(json!({"deliveries": {"drop": "all"}})).await;
        world.start_service().await;
        world
    }

    /// Starts the service again, as after a restart.
    pub async fn restart(&mut self) {
        self.stop_service().await;
        self.start_service().await;
    }

    pub async fn stop_service(&mut self) {
        if let Some(service) = self.service.take() {
            service.stop.cancel();
            service.run.await.unwrap().unwrap();
        }
    }

    async fn start_service(&mut self) {
        let (port, service) = self.launch().await;
        self.url = format!("http://127.0.0.1:{port}");
        self.service = Some(service);
    }

    /// Another process of the service, until it is told to stop or the test ends.
    pub async fn replica(&self) -> CancellationToken {
        self.launch().await.1.stop
    }

    async fn launch(&self) -> (u16, Service) {
        let config = Config::from_env(&self.env).unwrap();
        // Without it there are no metrics. Nothing is sent, so nothing is lost without the guard.
        drop(telemetry::init("payment-service", &config.telemetry).unwrap());
        let application = startup::build(config, self.clock.clone()).await.unwrap();
        let port = application.port();
        let stop = CancellationToken::new();
        let run = tokio::spawn(application.run(stop.clone()));
        (port, Service { stop, run })
    }

    /// What must hold when a test ends.
    pub async fn assert_settled(&self) {
        self.eventually_number("SELECT count(*) FROM stripe_events WHERE state = 'pending'", 0).await;
        self.eventually_number("SELECT count(*) FROM stripe_requests WHERE state = 'pending'", 0).await;
        assert_eq!(self.database.number("SELECT count(*) FROM dead_letters").await, 0);
        // Without a broker, what is published stays where tests read it.
        if self.topics.is_some() {
            self.eventually_number("SELECT count(*) FROM outbox", 0).await;
        }
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if let Some(service) = &self.service {
            service.stop.cancel();
            service.run.abort();
        }
    }
}

pub async fn migrate(db: &DatabaseConnection) {
    messaging::database::migrate::<Migrator>(db).await.unwrap();
}

/// The same of somebody whose address only Stripe learns.
pub fn cart_without_mail() -> Value {
    let mut cart = cart();
    cart.as_object_mut().unwrap().remove("customerEmail");
    cart
}

/// A cart as frontends send it.
pub fn cart() -> Value {
    json!({
        "products": [{"name": "Cup", "price": 29.99, "quantity": 1, "image": "https://shop.example/cup.png"}],
        "currency": "USD",
        "successUrl": "https://shop.example/paid?session_id={CHECKOUT_SESSION_ID}",
        "cancelUrl": "https://shop.example/cart",
        "customerEmail": "jane.doe@example.com",
    })
}
