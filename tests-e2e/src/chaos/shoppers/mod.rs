//! The customers of a run: each visits on its own, and nothing that goes wrong keeps it from trying again.

mod browser;
mod customer;
mod stories;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::future::join_all;
use tokio::time::{Instant, sleep_until};

use super::schedule::{Schedule, Visit};
use super::tally::Tally;
use crate::world::Sandbox;

pub use browser::{Answer, Browser, Call};
pub use customer::CATALOGUE;
use customer::Customer;

/// How long after the last fault a customer still tries.
const PATIENCE: Duration = Duration::from_secs(30);

/// What customers see of the shop.
pub struct Street {
    /// Base URLs of the two services with an API for frontends.
    pub orders: String,
    pub payments: String,
    pub sandbox: Arc<Sandbox>,
    pub tally: Arc<Tally>,
    records: Mutex<Vec<Record>>,
}

/// What a customer knows and has: also what no other may use, and no log may show.
#[derive(Debug, Clone, Default)]
pub struct Record {
    pub number: usize,
    pub story: &'static str,
    pub email: String,
    pub jwt: Option<String>,
    pub order: Option<String>,
    pub order_token: Option<String>,
    pub sessions: Vec<String>,
}

impl Street {
    pub const fn new(orders: String, payments: String, sandbox: Arc<Sandbox>, tally: Arc<Tally>) -> Self {
        Self { orders, payments, sandbox, tally, records: Mutex::new(Vec::new()) }
    }

    /// What every customer who came so far knows.
    pub fn records(&self) -> Vec<Record> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note(&self, record: &Record) {
        let mut records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        match records.iter_mut().find(|known| known.number == record.number) {
            Some(known) => *known = record.clone(),
            None => records.push(record.clone()),
        }
    }

    /// Lets everybody come at their time; ends when the last has gone.
    pub async fn open(&self, schedule: &Schedule, start: Instant) {
        let until = start + Duration::from_millis(schedule.length_ms) + PATIENCE;
        let visits = schedule.visits.iter().map(async |visit| {
            sleep_until(start + Duration::from_millis(visit.at_ms)).await;
            self.visit(&visit.what, until).await;
        });
        join_all(visits).await;
    }

    async fn visit(&self, visit: &Visit, until: Instant) {
        self.tally.add("visits");
        let mut customer = Customer::new(self, visit, until);
        self.note(&customer.record);
        if let Some(session) = customer.begin().await {
            self.tally.add("purchases");
            self.tally.add(format!("story: {}", visit.story.name()));
            customer.play(session).await;
        }
    }
}
