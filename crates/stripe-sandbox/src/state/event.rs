//! An Event and how its deliveries fare.

use serde_json::{Value, json};

use super::Origin;
use super::collection::Object;

/// The API version events are made in, and answers when a call names none.
pub(crate) const API_VERSION: &str = "2026-09-30.endive";

/// An event's delivery to one endpoint.
#[derive(Debug, Clone)]
pub(crate) struct Delivery {
    pub(crate) endpoint: String,
    /// Requests made so far.
    pub(crate) attempts: u32,
    /// Whether the first request was answered, failed or was dropped: what a redirect waits for.
    pub(crate) tried: bool,
    pub(crate) delivered: bool,
    /// The last answer's status, or what went wrong.
    pub(crate) outcome: Option<String>,
}

impl Delivery {
    pub(crate) fn new(endpoint: &str) -> Self {
        Self { endpoint: endpoint.to_owned(), attempts: 0, tried: false, delivered: false, outcome: None }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Event {
    pub(crate) id: String,
    pub(crate) created: i64,
    pub(crate) kind: &'static str,
    /// The object as it was when this happened, as JSON text: a fraction of a tree's size.
    pub(crate) object: Box<str>,
    pub(crate) previous: Option<Value>,
    pub(crate) origin: Origin,
    pub(crate) deliveries: Vec<Delivery>,
}

impl Event {
    /// Endpoints that have not taken it yet.
    pub(crate) fn pending(&self) -> usize {
        self.deliveries.iter().filter(|delivery| !delivery.delivered).count()
    }

    pub(crate) fn delivery_mut(&mut self, endpoint: &str) -> Option<&mut Delivery> {
        self.deliveries.iter_mut().find(|delivery| delivery.endpoint == endpoint)
    }
}

impl Object for Event {
    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> i64 {
        self.created
    }

    fn json(&self) -> Value {
        let object: Value = serde_json::from_str(&self.object).unwrap_or_default();
        let mut data = json!({ "object": object });
        if let Some(previous) = &self.previous {
            data["previous_attributes"] = previous.clone();
        }
        json!({
            "id": self.id, "object": "event", "api_version": API_VERSION, "created": self.created,
            "data": data, "livemode": false, "pending_webhooks": self.pending(),
            "request": { "id": self.origin.request_id, "idempotency_key": self.origin.idempotency_key },
            "type": self.kind,
        })
    }
}
