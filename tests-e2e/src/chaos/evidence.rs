//! All that is known when a run has come to rest: the services' tables, Stripe's books, the topics, the mails and the
//! logs. What the invariants say, they say about this.

use std::collections::BTreeMap;

use serde_json::Value;
use test_support::{Mail, Received, TestDatabase, read_to_end};

use super::shop::Shop;
use super::shoppers::Record;

/// A table's rows, as PostgreSQL tells them in JSON.
pub type Rows = Vec<Value>;

/// Tables of each service that say something; leases are not among them.
const TABLES: [(&str, &[&str]); 3] = [
    (
        "order-service",
        &[
            "orders",
            "order_items",
            "order_payments",
            "payment_refunds",
            "refund_requests",
            "order_history",
            "products",
        ],
    ),
    (
        "payment-service",
        &[
            "purchases",
            "payments",
            "payment_declines",
            "refunds",
            "refund_requests",
            "stripe_requests",
            "stripe_events",
            "payment_history",
            "catalogue_products",
        ],
    ),
    ("notification-service", &["notifications", "settled_purchases"]),
];
const MESSAGING: [&str; 3] = ["outbox", "inbox", "dead_letters"];

/// Every table by `service/table`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Tables(BTreeMap<String, Rows>);

impl Tables {
    pub async fn read(shop: &Shop) -> Self {
        let mut tables = BTreeMap::new();
        for (service, database) in shop.databases.all() {
            let own = TABLES.iter().find(|(name, _)| *name == service).expect("a service").1;
            for table in own.iter().chain(&MESSAGING) {
                tables.insert(format!("{service}/{table}"), rows(database, table).await);
            }
        }
        Self(tables)
    }

    /// For tests: tables made by hand.
    #[cfg(test)]
    pub fn with(mut self, name: &str, rows: Rows) -> Self {
        self.0.insert(name.to_owned(), rows);
        self
    }

    /// For tests: the rows of `service/table`, to be changed.
    #[cfg(test)]
    pub fn rows(&mut self, name: &str) -> &mut Rows {
        self.0.entry(name.to_owned()).or_default()
    }

    /// The rows of `service/table`.
    pub fn of(&self, name: &str) -> &[Value] {
        self.0.get(name).map_or(&[], Vec::as_slice)
    }

    /// What differs from `before`, facts that told nothing new left aside: a line per row; tables whose name ends in one of `except` may differ.
    pub fn changes_since(&self, before: &Self, except: &[&str]) -> Vec<String> {
        let mut changes = Vec::new();
        for (name, rows) in &self.0 {
            if except.iter().any(|ending| name.ends_with(ending)) {
                continue;
            }
            let known = before.of(name);
            let told = |row: &&Value| row["outcome"] != "superseded";
            changes.extend(
                rows.iter()
                    .filter(told)
                    .filter(|row| !known.contains(row))
                    .map(|row| format!("{name}: now {row}")),
            );
            changes.extend(
                known.iter().filter(|row| !rows.contains(row)).map(|row| format!("{name}: was {row}")),
            );
        }
        changes
    }
}

async fn rows(database: &TestDatabase, table: &str) -> Rows {
    let texts = database.texts(&format!("SELECT to_jsonb(one)::text FROM {table} one ORDER BY 1")).await;
    texts.iter().map(|text| serde_json::from_str(text).expect("PostgreSQL writes JSON")).collect()
}

/// See the module.
#[derive(Debug, Default)]
pub struct Evidence {
    pub tables: Tables,
    /// Stripe's books.
    pub books: Value,
    /// Stripe's events and how their deliveries fared.
    pub deliveries: Vec<Value>,
    /// All that is on the topics.
    pub messages: Vec<Message>,
    /// Every copy that the mail server took.
    pub mails: Vec<Mail>,
    /// By process.
    pub logs: Vec<(String, String)>,
    pub customers: Vec<Record>,
    /// `dead_letter_rows` as the services' metrics tell it.
    pub dead_letters_measured: BTreeMap<String, i64>,
}

/// A message on a topic, without the run's prefix.
#[derive(Debug, Clone)]
pub struct Message {
    pub topic: String,
    pub partition: i32,
    pub offset: i64,
    pub event_id: String,
    pub data: Value,
}

impl Message {
    fn from(received: &Received, prefix: &str) -> Self {
        let value: Value = serde_json::from_slice(&received.payload).unwrap_or_default();
        Self {
            topic: received.topic[prefix.len()..].to_owned(),
            partition: received.partition,
            offset: received.offset,
            event_id: received.headers.get("ce_id").cloned().unwrap_or_default(),
            data: value["data"].clone(),
        }
    }

    pub fn sequence(&self) -> i64 {
        self.data["sequence"].as_i64().unwrap_or_default()
    }
}

impl Evidence {
    pub async fn gather(shop: &Shop, brokers: &str, customers: Vec<Record>) -> Self {
        let prefix = shop.topics.prefix().as_str();
        let messages = read_to_end(brokers, &shop.topics.names()).await;
        Self {
            tables: Tables::read(shop).await,
            books: shop.sandbox.books().await,
            deliveries: shop.sandbox.fates().await,
            messages: messages.iter().map(|one| Message::from(one, prefix)).collect(),
            mails: shop.postbox.accepted(),
            logs: shop.fleet.logs().await,
            customers,
            dead_letters_measured: shop.fleet.measured("dead_letter_rows{").await,
        }
    }

    /// Stripe's PaymentIntents.
    pub fn intents(&self) -> &[Value] {
        self.books["paymentIntents"].as_array().map_or(&[], Vec::as_slice)
    }

    /// Events in the order of each partition, without what is repeated.
    pub fn events(&self) -> Vec<&Message> {
        let mut seen = std::collections::BTreeSet::new();
        let mut all: Vec<&Message> =
            self.messages.iter().filter(|one| !one.topic.ends_with(".dlq")).collect();
        all.sort_by_key(|one| (&one.topic, one.partition, one.offset));
        all.retain(|one| seen.insert(&one.event_id));
        all
    }
}

/// A text of a row; empty where it is null.
pub fn text<'a>(row: &'a Value, column: &str) -> &'a str {
    row[column].as_str().unwrap_or_default()
}

/// A whole number of a row.
pub fn number(row: &Value, column: &str) -> i64 {
    row[column].as_i64().unwrap_or_default()
}
