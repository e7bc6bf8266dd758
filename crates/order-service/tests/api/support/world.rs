//! One order-service with its surroundings.

use std::sync::Arc;
use std::time::Duration;

use events::{OrderEvent, PaymentEvent, ProductEvent, Topic};
use kernel::{ManualClock, OrderId};
use order_service::{Config, startup};
use sea_orm::DatabaseConnection;
use serde_json::{Value, json};
use service_kit::env::Env;
use test_support::{TestDatabase, TestTopics, TopicPrefix, brokers, eventually, read_to_end};
use time::OffsetDateTime;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::fake_payments::FakePayments;
use super::kafka::Publisher;
use super::{Client, jwt};

/// How long anything that happens by itself may take.
pub const SOON: Duration = Duration::from_secs(20);

/// The service, its database, its topics, its clock, and the fake beside it.
pub struct World {
    pub base: String,
    pub database: TestDatabase,
    pub payments: FakePayments,
    pub clock: Arc<ManualClock>,
    pub publisher: Publisher,
    prefix: TopicPrefix,
    env: Env,
    stop: CancellationToken,
    running: JoinHandle<anyhow::Result<()>>,
    // Last, so that the topics go after the service.
    _topics: TestTopics,
}

async fn migrate(db: &DatabaseConnection) {
    startup::migrate_database(db).await.unwrap();
}

impl World {
    /// With a tea at 29.99 (10 on hand) and a cup at 10.00 (5 on hand).
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// With other settings.
    pub async fn start_with(settings: &[(&str, &str)]) -> Self {
        Self::start_over(TestDatabase::create(migrate).await, settings).await
    }

    /// On the demo's kind of database.
    pub async fn start_on_sqlite() -> Self {
        Self::start_over(TestDatabase::sqlite(migrate).await, &[]).await
    }

    async fn start_over(database: TestDatabase, settings: &[(&str, &str)]) -> Self {
        let prefix = TopicPrefix::unique();
        let mut topics: Vec<&str> = all_topics().into_iter().map(Topic::name).collect();
        topics.push("order-service.dlq");
        let topics = prefix.create_topics(&topics, 2).await;
        let clock = Arc::new(ManualClock::running());
        let payments = FakePayments::start(clock.clone());
        let mut env = Env::from_pairs([
            ("DATABASE_URL", database.url()),
            ("KAFKA_BROKERS", &brokers()),
            ("KAFKA_TOPIC_PREFIX", prefix.as_str()),
            ("HOST", "127.0.0.1"),
            ("PORT", "0"),
            ("HTTP_WORKERS", "1"),
            ("DATABASE_MAX_CONNECTIONS", "8"),
            ("SHUTDOWN_TIMEOUT", "2s"),
            ("ALLOWED_ORIGINS", "https://shop.example"),
            ("DEFAULT_SUCCESS_URL", "https://shop.example/success"),
            ("DEFAULT_CANCEL_URL", "https://shop.example/cart"),
            ("JWT_SECRET", jwt::SECRET),
            ("SERVICE_TOKEN", "a service token for tests"),
            ("CSRF_KEY", "a csrf key for tests, thirty-two bytes"),
            ("ORDER_TOKEN_KEYS", "an order token key for tests of 32 bytes"),
            ("PAYMENT_URL", payments.url()),
            ("WORKER_INTERVAL", "50ms"),
        ]);
        for (name, value) in settings {
            env = env.with(*name, *value);
        }
        let (base, stop, running) = run(&env, &clock).await;
        let world = Self {
            base,
            database,
            payments,
            clock,
            publisher: Publisher::new(prefix.as_str()),
            prefix,
            env,
            stop,
            running,
            _topics: topics,
        };
        world.product("tea", "Green Tea", 29.99, 10).await;
        world.product("cup", "Cup", 10.00, 5).await;
        world
    }

    /// Stops the service and starts it anew, with other settings.
    pub async fn restart_with(&mut self, settings: &[(&str, &str)]) {
        self.stop().await;
        for (name, value) in settings {
            self.env = self.env.clone().with(*name, *value);
        }
        let (base, stop, running) = run(&self.env, &self.clock).await;
        (self.base, self.stop, self.running) = (base, stop, running);
    }

    /// A second process of the service beside the first; ends with the answer's cancellation.
    pub async fn replica(&self) -> CancellationToken {
        run(&self.env, &self.clock).await.1
    }

    /// What a process of the service with other settings ends with, which is expected to end by itself.
    pub async fn ends_by_itself(&self, settings: &[(&str, &str)]) -> anyhow::Result<()> {
        let env = settings.iter().fold(self.env.clone(), |env, (name, value)| env.with(*name, *value));
        let (_, _, running) = run(&env, &self.clock).await;
        tokio::time::timeout(SOON, running).await.expect("it ends by itself").unwrap()
    }

    /// When the stock of a pending order is given free.
    pub async fn hold_until(&self, id: OrderId) -> OffsetDateTime {
        let sql =
            format!("SELECT CAST(extract(epoch FROM hold_until) AS bigint) FROM orders WHERE id = '{id}'");
        OffsetDateTime::from_unix_timestamp(self.database.number(&sql).await).unwrap()
    }

    /// Changes the database directly.
    pub async fn execute(&self, sql: &str) {
        sea_orm::ConnectionTrait::execute_unprepared(self.database.connection(), sql).await.unwrap();
    }

    /// The service's environment variable.
    pub fn setting(&self, name: &str) -> Option<String> {
        self.env.get(name).map(str::to_owned)
    }

    /// Stops the service, not its surroundings.
    pub async fn stop(&mut self) {
        self.stop.cancel();
        (&mut self.running).await.unwrap().unwrap();
    }

    /// Runs the `seed` command.
    pub async fn seed(&self) -> usize {
        let config = Config::from_env(&self.env).unwrap();
        startup::seed_catalogue(&config.core, self.clock.clone()).await.unwrap()
    }

    pub async fn guest(&self) -> Client {
        Client::guest(&self.base).await
    }

    pub fn user(&self, id: &str) -> Client {
        Client::bearer(&self.base, jwt::user(id))
    }

    pub fn admin(&self) -> Client {
        Client::bearer(&self.base, jwt::admin())
    }

    pub async fn product(&self, id: &str, name: &str, price: f64, stock: i64) -> Value {
        let body = json!({"name": name, "price": price, "currency": "usd", "stock": stock});
        self.admin().put(&format!("/api/admin/products/{id}"), &body).await.expect(200)
    }

    /// The order as an administrator sees it.
    pub async fn order(&self, id: OrderId) -> Value {
        self.admin().get(&format!("/api/orders/{id}")).await.expect(200)
    }

    /// Waits until the order has this status.
    pub async fn until_status(&self, id: OrderId, status: &str) -> Value {
        self.until(id, |order| order["status"] == status).await
    }

    /// Waits until the order is as wanted.
    pub async fn until(&self, id: OrderId, wanted: impl Fn(&Value) -> bool) -> Value {
        eventually(SOON, "the order is as wanted", async || {
            let answer = self.admin().get(&format!("/api/orders/{id}")).await;
            if answer.status == 200 && wanted(&answer.body) { Ok(answer.body) } else { Err(answer.body) }
        })
        .await
    }

    /// What is on hand and held of a product.
    pub async fn stock(&self, product: &str) -> (i64, i64) {
        let column = async |name: &str| {
            let sql = format!("SELECT {name} FROM products WHERE id = '{product}'");
            self.database.number(&sql).await
        };
        (column("stock").await, column("held").await)
    }

    /// Events on a topic about a key, as of now; the outbox has to be empty.
    pub async fn events(&self, topic: &str, key: &str) -> Vec<Value> {
        self.drained().await;
        let name = self.prefix.topic(topic);
        let read = read_to_end(&brokers(), &[name]).await;
        let about = read.iter().filter(|message| message.key.as_deref() == Some(key));
        about.map(test_support::Received::json).collect()
    }

    /// Waits until everything written was published.
    pub async fn drained(&self) {
        eventually(SOON, "the outbox is empty", async || {
            match self.database.number("SELECT count(*) FROM outbox").await {
                0 => Ok(()),
                rows => Err(format!("{rows} rows")),
            }
        })
        .await;
    }

    /// Waits until so many events were consumed.
    pub async fn consumed(&self, events: i64) {
        eventually(SOON, "the events are consumed", async || {
            match self.database.number("SELECT count(*) FROM inbox").await {
                rows if rows >= events => Ok(()),
                rows => Err(format!("{rows} of {events}")),
            }
        })
        .await;
    }

    /// The end of every test: nothing waits, nothing failed, and the stock adds up.
    pub async fn end(self) {
        self.drained().await;
        assert_eq!(self.database.number("SELECT count(*) FROM dead_letters").await, 0);
        // In one statement, as a worker may be ending orders at this moment.
        let astray = "SELECT CAST((SELECT coalesce(sum(held), 0) FROM products) - \
                      (SELECT coalesce(sum(i.quantity), 0) FROM order_items i \
                      JOIN orders o ON o.id = i.order_id \
                      WHERE o.stock_state = 'held' AND i.product_id IS NOT NULL) AS bigint)";
        assert_eq!(self.database.number(astray).await, 0);
        let twice =
            "SELECT count(*) FROM (SELECT 1 FROM refund_requests GROUP BY payment_id HAVING count(*) > 1) t";
        assert_eq!(self.database.number(twice).await, 0);
        self.stop.cancel();
        self.running.await.unwrap().unwrap();
        self.payments.stop().await;
    }
}

fn all_topics() -> Vec<Topic> {
    [PaymentEvent::TOPICS, OrderEvent::TOPICS, ProductEvent::TOPICS].concat()
}

async fn run(
    env: &Env,
    clock: &Arc<ManualClock>,
) -> (String, CancellationToken, JoinHandle<anyhow::Result<()>>) {
    let config = Config::from_env(env).unwrap();
    let application = startup::build(config, clock.clone()).await.unwrap();
    let base = format!("http://127.0.0.1:{}", application.port());
    let stop = CancellationToken::new();
    let running = tokio::spawn(application.run(stop.clone()));
    (base, stop, running)
}
