//! The envelope around every event's data.

use kernel::EventId;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::{DecodeError, Topic, wire};

/// What an event says: knows its topic and its key.
pub trait EventData: Serialize {
    /// The topic it is published on; its name is the event's type.
    fn topic(&self) -> Topic;

    /// The Kafka key: order id (or booking id), or product id for `product.*`.
    fn key(&self) -> String;
}

/// An event as it stands on the wire.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Envelope<T> {
    /// Never changes when a publish is retried; what consumers are idempotent by.
    pub event_id: EventId,
    /// The topic's name.
    #[serde(default, deserialize_with = "wire::or_default")]
    pub event_type: String,
    /// When it happened, UTC.
    #[serde(with = "wire::timestamp")]
    pub timestamp: OffsetDateTime,
    /// The event's own fields.
    pub data: T,
}

impl<T: EventData> Envelope<T> {
    /// Wraps `data`; the type follows from its topic.
    #[must_use]
    pub fn new(event_id: EventId, timestamp: OffsetDateTime, data: T) -> Self {
        Self { event_id, event_type: data.topic().name().to_owned(), timestamp, data }
    }

    /// The value to publish.
    ///
    /// # Errors
    /// None that the payloads of this crate can cause; a foreign `EventData` may.
    pub fn to_json(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(self)
    }
}

impl<T> Envelope<T> {
    /// The same envelope around other data.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Envelope<U> {
        let Self { event_id, event_type, timestamp, data } = self;
        Envelope { event_id, event_type, timestamp, data: f(data) }
    }
}

impl<T: EventData + DeserializeOwned> Envelope<T> {
    /// Reads a value from a topic that carries `T` alone. For a family of topics see
    /// [`crate::PaymentEvent::decode`] and its siblings.
    ///
    /// # Errors
    /// `Malformed` when the value cannot be read as `T`, `UnknownType` when it says to be another event.
    pub fn from_json(value: &[u8]) -> Result<Self, DecodeError> {
        let envelope: Self = serde_json::from_slice(value).map_err(|error| DecodeError::malformed(&error))?;
        let topic = envelope.data.topic();
        if envelope.event_type == topic.name() {
            Ok(envelope)
        } else {
            Err(DecodeError::UnknownType { topic, event_type: envelope.event_type })
        }
    }
}
