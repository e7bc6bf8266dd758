//! A message as handlers see it.

use kernel::EventId;
use time::OffsetDateTime;

use crate::headers::Headers;

/// A message in our envelope, of the type its topic carries.
#[derive(Debug, Clone)]
pub struct Incoming {
    /// The topic's name without the prefix; also the event's type.
    pub topic: String,
    /// Where it was read.
    pub partition: i32,
    /// Its place there.
    pub offset: i64,
    /// The Kafka key: order id, booking id or product id.
    pub key: Option<String>,
    /// Never changes when a publish is retried.
    pub event_id: EventId,
    /// What happened.
    pub event_type: String,
    /// Who says so (`/order-service`); empty if the publisher does not tell.
    pub source: String,
    /// When it happened, UTC.
    pub timestamp: OffsetDateTime,
    /// The whole value, envelope and all: what `PaymentEvent::decode(topic, …)` and its siblings read.
    pub payload: Vec<u8>,
    headers: Headers,
}

impl Incoming {
    /// The first header of that name, if it is there.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)
    }
}
