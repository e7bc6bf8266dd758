//! The shop of a run: two replicas of each service behind one address each, a mail server, and servers that can be
//! taken away.

use std::sync::Arc;

use reqwest::Method;
use serde_json::{Value, json};
use test_support::{MailServer, Service, ServiceBuilder, TestTopics, eventually, http_client};

use super::edge::Edge;
use super::fleet::Fleet;
use super::servers::Servers;
use super::shoppers::{Browser, CATALOGUE, Call};
use super::{HOLD, MAIL_LEASE};
use crate::world::{Databases, Places, SOON, Sandbox, World, jwt, price};

/// What there is at the beginning, by product.
pub const STOCK: [(&str, i64); 3] = [("mug", 100_000), ("poster", 100_000), ("rare", 12)];

/// All of it. The processes end before their databases and topics do.
pub struct Shop {
    pub fleet: Fleet,
    pub orders: Edge,
    pub payments: Edge,
    pub postbox: MailServer,
    pub sandbox: Arc<Sandbox>,
    pub databases: Databases,
    pub topics: TestTopics,
}

impl Shop {
    /// Started, stocked and ready.
    pub async fn start(servers: &Servers) -> Self {
        let (orders_edge, payments_edge) = tokio::join!(Edge::start(), Edge::start());
        let postbox = MailServer::start().await;
        let places = Places { database_url: servers.database_url(), brokers: servers.brokers() };
        let world = World::at(places, |name, service| {
            configure(name, service, &payments_edge.url("/"), &postbox.url())
        })
        .await;
        let World { sandbox, orders, payments, notifications, databases, topics, endpoint, .. } = world;

        let mut services = Vec::new();
        for service in [orders, payments, notifications] {
            let second = service.again().start().await;
            services.extend([service, second]);
        }
        let ports = |services: &[Service]| services.iter().map(Service::port).collect();
        orders_edge.lead_to(ports(&services[0..2]));
        payments_edge.lead_to(ports(&services[2..4]));
        for service in &mut services {
            // From now on these are others' business, as in production.
            service.configure("MIGRATE_ON_START", "false");
            service.configure("CREATE_TOPICS_ON_START", "false");
        }
        sandbox.point(&endpoint, &payments_edge.url("/api/payments/webhooks/stripe")).await;
        let shop = Self {
            fleet: Fleet::new(services),
            orders: orders_edge,
            payments: payments_edge,
            postbox,
            sandbox: Arc::new(sandbox),
            databases,
            topics,
        };
        shop.stock().await;
        shop
    }

    /// Fills the shelves, and waits until every replica of payment-service has heard of it.
    async fn stock(&self) {
        let admin = Browser::new(Some(jwt("admin", "admin")));
        for ((id, cents), (_, stock)) in CATALOGUE.into_iter().zip(STOCK) {
            let call = Call {
                method: Method::PUT,
                url: self.orders.url(&format!("/api/admin/products/{id}")),
                body: json!({ "name": id, "price": price(cents), "currency": "usd", "stock": stock }),
                order_token: None,
                key: None,
            };
            let answer = admin.call(&call, "").await.expect("an answer");
            assert!(answer.is_good(), "{answer:?}");
        }
        let products: Vec<Value> =
            CATALOGUE.iter().map(|(id, cents)| json!({ "productId": id, "price": price(*cents) })).collect();
        let url = self.payments.url("/api/payments/verify-prices");
        eventually(SOON, "payment-service knows the catalogue", async || {
            let answer = http_client().post(&url).json(&json!({ "products": products })).send().await;
            let answer: Value = answer.map_err(|error| error.to_string())?.json().await.unwrap_or_default();
            if answer["verified"] == true { Ok(()) } else { Err(answer.to_string()) }
        })
        .await;
    }
}

/// Deadlines and leases as short as a run of a minute needs them, in the proportions of production.
fn configure(name: &str, service: ServiceBuilder, payments: &str, smtp: &str) -> ServiceBuilder {
    let service = service.env("SHUTDOWN_TIMEOUT", "5s");
    match name {
        "order-service" => {
            service.env("PAYMENT_URL", payments).env("HOLD_DURATION", format!("{}s", HOLD.as_secs()))
        }
        "payment-service" => service
            .env("PAYMENT_METHOD_TYPES", "card,paypal")
            .env("STRIPE_TIMEOUT", "3s")
            .env("RECONCILE_INTERVAL", "5s"),
        _ => service
            .env("MAIL_DIR", "")
            .env("SMTP_URL", smtp)
            .env("SMTP_TIMEOUT", "2s")
            .env("MAIL_LEASE", format!("{}s", MAIL_LEASE.as_secs())),
    }
}
