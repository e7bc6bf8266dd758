//! One shop: the sandbox and the three services as processes, each with its own database, and topics of their own.

mod databases;
mod edge;
mod ending;
mod groups;
mod places;
mod sandbox;
mod shopper;
mod webhook;

use std::time::Duration;

use kernel::{Clock, SystemClock};
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;
use test_support::{Group, Service, ServiceBuilder, TestTopics, TopicPrefix, eventually, http_client};

pub use databases::Databases;
pub use edge::Edge;
pub use ending::{Ending, header};
pub use groups::groups;
pub use places::Places;
pub use sandbox::Endpoint;
pub use sandbox::{KEY, Sandbox, cards, text};
pub use shopper::{Checkout, Shopper};
pub use webhook::{Delivery, Webhook, signature};

/// How long anything that happens behind the scenes may take on a loaded machine, also after a crash: a lease of fifteen
/// seconds has to end first, or a consumer's ten.
pub const SOON: Duration = Duration::from_secs(60);
/// What the shop sells: id, price in cents, stock.
const CATALOGUE: [(&str, i64, i64); 3] = [("mug", 1250, 100), ("poster", 2999, 100), ("rare", 5000, 1)];
pub(crate) const JWT_SECRET: &str = "jwt-secret-of-the-end-to-end-tests-0123456789";
pub(crate) const CSRF_KEY: &str = "csrf-key-of-the-end-to-end-tests-0123456789abcdef";
pub(crate) const ORDER_TOKEN_KEY: &str = "order-token-key-of-the-end-to-end-tests-0123456789";
pub(crate) const SERVICE_TOKEN: &str = "service-token-of-the-end-to-end-tests-0123456789";

/// A running shop. The processes end before their databases and topics do.
pub struct World {
    pub sandbox: Sandbox,
    pub orders: Service,
    pub payments: Service,
    pub notifications: Service,
    /// Stripe's webhook endpoint of this shop.
    pub webhook: Webhook,
    pub databases: Databases,
    /// Where the broker is.
    pub brokers: String,
    /// As Stripe knows it.
    pub(crate) endpoint: Endpoint,
    mail: TempDir,
    pub(crate) topics: TestTopics,
    client: Client,
}

impl World {
    /// A shop with a catalogue, its services ready.
    pub async fn start() -> Self {
        Self::with(|_, service| service).await
    }

    /// The same, with services configured further: `configure` is given each one's name and builder.
    pub async fn with(configure: impl Fn(&str, ServiceBuilder) -> ServiceBuilder) -> Self {
        Self::at(Places::default(), configure).await
    }

    /// The same on other servers. What a test has of its own there has to outlive the world: declare it before.
    pub async fn at(places: Places, configure: impl Fn(&str, ServiceBuilder) -> ServiceBuilder) -> Self {
        let prefix = TopicPrefix::unique();
        let topics = prefix.owned_at(&places.brokers);
        let mail = tempfile::tempdir().unwrap();
        let (databases, sandbox) = tokio::join!(Databases::create(&places), Sandbox::start());
        let endpoint = sandbox.new_endpoint().await;

        let common = |binary: &str, database: &str| {
            Service::builder(binary)
                .env("DATABASE_URL", database)
                .env("MIGRATE_ON_START", "true")
                .env("KAFKA_BROKERS", &places.brokers)
                .env("KAFKA_TOPIC_PREFIX", prefix.as_str())
                .env("KAFKA_TOPIC_PARTITIONS", "2")
                .env("CREATE_TOPICS_ON_START", "true")
                .env("JWT_SECRET", JWT_SECRET)
                .env("SERVICE_TOKEN", SERVICE_TOKEN)
                .env("CSRF_KEY", CSRF_KEY)
                .env("ALLOWED_ORIGINS", "http://localhost:3000")
                .env("WORKER_INTERVAL", "100ms")
        };
        let payments = common("payment-service", databases.payments.url())
            .env("STRIPE_API_BASE", sandbox.service.url("/"))
            .env("STRIPE_SECRET_KEY", sandbox::KEY)
            .env("STRIPE_PUBLISHABLE_KEY", "pk_test_sandbox")
            .env("STRIPE_WEBHOOK_SECRET", &endpoint.secret)
            .env("DEFAULT_SUCCESS_URL", "http://localhost:3000/paid")
            .env("DEFAULT_CANCEL_URL", "http://localhost:3000/cart");
        let notifications = common("notification-service", databases.notifications.url())
            .env("MAIL_DIR", mail.path().to_str().unwrap())
            .env("MAIL_FROM", "Tender <shop@example.com>")
            .env("SHOP_URL", "http://localhost:3000");
        let (payments, notifications) = tokio::join!(
            configure("payment-service", payments).start(),
            configure("notification-service", notifications).start()
        );
        let orders = common("order-service", databases.orders.url())
            .env("PAYMENT_URL", payments.url("/"))
            .env("PAYMENT_METHOD_TYPES", "card,paypal")
            .env("ORDER_TOKEN_KEYS", ORDER_TOKEN_KEY)
            .env("DEFAULT_SUCCESS_URL", "http://localhost:3000/paid")
            .env("DEFAULT_CANCEL_URL", "http://localhost:3000/cart");
        let orders = configure("order-service", orders).start().await;

        let webhook = Webhook::new(payments.url("/api/payments/webhooks/stripe"), endpoint.secret.clone());
        sandbox.point(&endpoint, &webhook.url).await;
        let client = http_client();
        let brokers = places.brokers;
        let world = Self {
            sandbox,
            orders,
            payments,
            notifications,
            webhook,
            databases,
            brokers,
            endpoint,
            mail,
            topics,
            client,
        };
        world.stock().await;
        world
    }

    /// Somebody with a browser of their own.
    pub fn guest(&self) -> Shopper {
        Shopper::guest(self.orders.url(""))
    }

    /// A signed-in customer.
    pub fn user(&self, id: &str) -> Shopper {
        Shopper::user(self.orders.url(""), id, &jwt(id, "user"))
    }

    /// The order's time is up.
    pub async fn deadline_passes(&self, checkout: &Checkout) {
        let over = format!(
            "UPDATE orders SET hold_until = now() - interval '1 minute', due_at = now() - interval '1 minute' \
             WHERE id = '{}' RETURNING id::text",
            checkout.order
        );
        assert_eq!(self.databases.orders.texts(&over).await.len(), 1);
    }

    /// The consumer groups of this shop's services.
    pub fn groups(&self) -> [Group; 3] {
        groups(&self.brokers, &self.topics)
    }

    /// What a service tells its operators.
    pub async fn metrics(&self, service: &Service) -> String {
        self.client.get(service.url("/metrics")).send().await.unwrap().text().await.unwrap()
    }

    /// The full name of a topic of this shop.
    pub fn topic(&self, name: &str) -> String {
        self.topics.prefix().topic(name)
    }

    /// A command of order-service beside the one that runs.
    pub fn order_command(&self, command: &str) -> ServiceBuilder {
        self.orders.again().arg(command)
    }

    /// Puts the catalogue in as an administrator, and waits until payment-service knows the prices.
    async fn stock(&self) {
        for (id, cents, stock) in CATALOGUE {
            self.set_product(&self.orders, id, cents, stock).await;
        }
        let products: Vec<Value> = CATALOGUE
            .iter()
            .map(|(id, cents, _)| json!({ "productId": id, "price": price(*cents), "quantity": 1 }))
            .collect();
        eventually(SOON, "payment-service knows the catalogue", async || {
            let answer = self
                .post(&self.payments, "/api/payments/verify-prices", &json!({ "products": products }))
                .await;
            if answer.1["verified"] == true { Ok(()) } else { Err(answer) }
        })
        .await;
    }

    /// A service's metric: the sum of its series whose line contains `label`.
    pub async fn metric(&self, service: &Service, name: &str, label: &str) -> f64 {
        let text = self.client.get(service.url("/metrics")).send().await.unwrap().text().await.unwrap();
        let lines = text.lines().filter(|line| line.starts_with(name) && line.contains(label));
        lines.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum()
    }

    /// Sets a product as an administrator, at one of order-service's replicas.
    pub async fn set_product(&self, orders: &Service, id: &str, cents: i64, stock: i64) {
        let url = orders.url(&format!("/api/admin/products/{id}"));
        let product = json!({ "name": id, "price": price(cents), "currency": "usd", "stock": stock });
        let request = self.client.put(url).bearer_auth(jwt("admin", "admin")).json(&product);
        let answer = request.send().await.unwrap();
        let status = answer.status();
        assert!(status.is_success(), "{status}: {}", answer.text().await.unwrap());
    }

    /// A call without any credentials: status and JSON.
    pub async fn post(&self, service: &Service, path: &str, body: &Value) -> (StatusCode, Value) {
        let answer = self.client.post(service.url(path)).json(body).send().await.unwrap();
        (answer.status(), answer.json().await.unwrap_or_default())
    }

    /// Waits until everything has drained and nothing is dead; what remains then.
    pub async fn ending(&self) -> Ending {
        let ending = Ending::of(self).await;
        ending::assert_each_mail_once(self, &ending.mails).await;
        ending
    }

    /// The same where a mail may have been sent twice, or to a server: the test looks at the copies itself.
    pub async fn ending_but_for_copies(&self) -> Ending {
        Ending::of(self).await
    }
}

/// Cents as the decimal a frontend sends.
pub fn price(cents: i64) -> Value {
    serde_json::from_str(&format!("{}.{:02}", cents / 100, cents % 100)).unwrap()
}

/// A login of `user`, whose mail address is verified.
pub fn jwt(user: &str, role: &str) -> String {
    let expires = SystemClock.now().unix_timestamp() + 3600;
    let claims = json!({
        "sub": user, "role": role, "email": format!("{user}@example.com"), "email_verified": true, "exp": expires,
    });
    let key = jsonwebtoken::EncodingKey::from_secret(JWT_SECRET.as_bytes());
    jsonwebtoken::encode(&jsonwebtoken::Header::default(), &claims, &key).unwrap()
}
