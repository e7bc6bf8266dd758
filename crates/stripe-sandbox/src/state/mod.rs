//! Everything the sandbox knows, in memory: objects, events, webhook endpoints.
//!
//! One lock guards it all, held only while an operation runs and never across an await; so every call and
//! every payment is atomic. Events are numbered into deliveries here, and sent elsewhere.

mod charge;
mod collection;
mod customer;
mod endpoint;
mod event;
mod intent;
mod method;
mod refund;
mod session;

use std::collections::BTreeSet;
use std::sync::Arc;

use kernel::Clock;
use serde_json::Value;
use tokio::sync::mpsc::UnboundedSender;

pub(crate) use charge::{Charge, ChargeStatus};
pub(crate) use collection::{Collection, Object};
pub(crate) use customer::Customer;
pub(crate) use endpoint::Endpoint;
pub(crate) use event::{API_VERSION, Delivery, Event};
pub(crate) use intent::{Intent, IntentStatus};
pub(crate) use method::{Billing, Method, MethodKind};
pub(crate) use refund::Refund;
pub(crate) use session::{IntentData, Line, Session, SessionStatus};

use crate::config::Config;
use crate::ids;

/// How many objects of a kind are kept, and how many events.
const OBJECTS: usize = 50_000;
const EVENTS: usize = 100_000;

/// A first delivery to make: an event's to an endpoint.
#[derive(Debug, Clone)]
pub(crate) struct Job {
    pub(crate) event: String,
    pub(crate) endpoint: String,
}

/// The API call that acts now; events name it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Origin {
    pub(crate) request_id: Option<String>,
    pub(crate) idempotency_key: Option<String>,
}

/// Something that happens by itself when its time comes, unless it happened already.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Due {
    /// A Session's end.
    Expiry(String),
    /// A delayed payment's outcome.
    Settlement(String),
    /// The acquirer's reference of a refund.
    Reference(String),
}

/// The sandbox's memory.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) sessions: Collection<Session>,
    pub(crate) intents: Collection<Intent>,
    pub(crate) charges: Collection<Charge>,
    pub(crate) refunds: Collection<Refund>,
    pub(crate) customers: Collection<Customer>,
    pub(crate) methods: Collection<Method>,
    pub(crate) events: Collection<Event>,
    pub(crate) endpoints: Collection<Endpoint>,
    pub(crate) origin: Origin,
    /// What happens by itself, by due time in Unix milliseconds.
    pub(crate) schedule: BTreeSet<(i64, Due)>,
    /// Base of the hosted pages' URLs, without a trailing slash.
    pub(crate) public_url: String,
    settle_after_ms: i64,
    clock: Arc<dyn Clock>,
    jobs: UnboundedSender<Job>,
}

impl State {
    pub(crate) fn new(config: &Config, public_url: String, jobs: UnboundedSender<Job>) -> Self {
        Self {
            sessions: Collection::new(OBJECTS),
            intents: Collection::new(OBJECTS),
            charges: Collection::new(OBJECTS),
            refunds: Collection::new(OBJECTS),
            customers: Collection::new(OBJECTS),
            methods: Collection::new(OBJECTS),
            events: Collection::new(EVENTS),
            endpoints: Collection::new(16),
            origin: Origin::default(),
            schedule: BTreeSet::new(),
            public_url,
            settle_after_ms: i64::try_from(config.settle_after.as_millis()).unwrap_or(i64::MAX / 2),
            clock: Arc::clone(&config.clock),
            jobs,
        }
    }

    /// Now, in Unix seconds.
    pub(crate) fn now(&self) -> i64 {
        self.clock.now().unix_timestamp()
    }

    /// Now, in Unix milliseconds.
    pub(crate) fn now_ms(&self) -> i64 {
        let now = self.clock.now();
        now.unix_timestamp() * 1_000 + i64::from(now.millisecond())
    }

    /// Lets `due` happen at `at_ms`, Unix milliseconds.
    pub(crate) fn at(&mut self, at_ms: i64, due: Due) {
        self.schedule.insert((at_ms, due));
    }

    /// Lets `due` happen after the time delayed payments take.
    pub(crate) fn soon(&mut self, due: Due) {
        let at = self.now_ms().saturating_add(self.settle_after_ms);
        self.at(at, due);
    }

    /// Records an event of type `kind` about `object` and hands it to every endpoint that wants it.
    pub(crate) fn emit(&mut self, kind: &'static str, object: Value, previous: Option<Value>) {
        let deliveries: Vec<Delivery> = self
            .endpoints
            .iter()
            .filter(|endpoint| endpoint.wants(kind))
            .map(|endpoint| Delivery::new(&endpoint.id))
            .collect();
        let event = Event {
            id: ids::event(),
            created: self.now(),
            kind,
            object: object.to_string().into(),
            previous,
            origin: self.origin.clone(),
            deliveries,
        };
        let jobs: Vec<Job> = event
            .deliveries
            .iter()
            .map(|delivery| Job { event: event.id.clone(), endpoint: delivery.endpoint.clone() })
            .collect();
        self.events.insert(event);
        for job in jobs {
            self.enqueue(job);
        }
    }

    /// Sends `event` again to every endpoint that wants it. How many; `None`: no such event.
    pub(crate) fn redeliver(&mut self, event: &str) -> Option<usize> {
        let event = self.events.get_mut(event)?;
        let wanting: Vec<String> = self
            .endpoints
            .iter()
            .filter(|endpoint| endpoint.wants(event.kind))
            .map(|endpoint| endpoint.id.clone())
            .collect();
        for endpoint in &wanting {
            event.deliveries.retain(|delivery| delivery.endpoint != *endpoint);
            event.deliveries.push(Delivery::new(endpoint));
        }
        let event = event.id.clone();
        let count = wanting.len();
        for endpoint in wanting {
            self.enqueue(Job { event: event.clone(), endpoint });
        }
        Some(count)
    }

    /// The receiver only ends when the sandbox stops: what is then not sent is lost, as all state is.
    fn enqueue(&self, job: Job) {
        if self.jobs.send(job).is_err() {
            tracing::debug!("stopping: a webhook is not sent");
        }
    }

    /// Products live in the lines they were made for.
    fn product(&self, id: &str) -> Option<Value> {
        self.sessions.iter().rev().find_map(|session| {
            let line = session.lines.iter().find(|line| line.product == id)?;
            Some(line.product_json(session.created))
        })
    }

    /// The object an id stands for, as Stripe shows it; for `expand`.
    pub(crate) fn json_of(&self, id: &str) -> Option<Value> {
        let (prefix, _) = id.split_once('_')?;
        match prefix {
            "cs" => self.sessions.get(id).map(Object::json),
            "pi" => self.intents.get(id).map(Object::json),
            "ch" | "py" => self.charges.get(id).map(Object::json),
            "re" => self.refunds.get(id).map(Object::json),
            "cus" => self.customers.get(id).map(Object::json),
            "pm" => self.methods.get(id).map(Object::json),
            "prod" => self.product(id),
            _ => None,
        }
    }
}
