//! A webhook endpoint.

use serde_json::{Value, json};

use super::collection::Object;
use crate::metadata::Metadata;

#[derive(Debug, Clone)]
pub(crate) struct Endpoint {
    pub(crate) id: String,
    pub(crate) created: i64,
    pub(crate) url: String,
    /// Signs deliveries; shown only when the endpoint is made.
    pub(crate) secret: String,
    /// Event types, or `*`.
    pub(crate) enabled_events: Vec<String>,
    pub(crate) enabled: bool,
    pub(crate) description: Option<String>,
    pub(crate) metadata: Metadata,
}

impl Endpoint {
    /// Whether events of this type go there.
    pub(crate) fn wants(&self, kind: &str) -> bool {
        self.enabled && self.enabled_events.iter().any(|wanted| wanted == "*" || wanted == kind)
    }
}

impl Object for Endpoint {
    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> i64 {
        self.created
    }

    fn json(&self) -> Value {
        json!({
            "id": self.id, "object": "webhook_endpoint", "api_version": null, "application": null,
            "created": self.created, "description": self.description,
            "enabled_events": self.enabled_events, "livemode": false, "metadata": self.metadata,
            "status": if self.enabled { "enabled" } else { "disabled" }, "url": self.url,
        })
    }
}
