//! From a Kafka message to what handlers see.

use events::{Envelope, Topic, headers as names};
use kernel::EventId;
use rdkafka::message::{BorrowedMessage, Message as _};
use serde::de::IgnoredAny;
use sha2::{Digest, Sha256};
use time::OffsetDateTime;
use uuid::{Builder, Uuid};

use crate::KafkaConfig;
use crate::headers::{Headers, without_nul};

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
    pub(super) headers: Headers,
}

impl Incoming {
    /// The first header of that name, if it is there.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)
    }
}

/// A message as it was read, whatever it holds.
#[derive(Debug, Clone)]
pub(super) struct Raw {
    /// Without the prefix.
    pub(super) topic: String,
    pub(super) partition: i32,
    pub(super) offset: i64,
    pub(super) key: Option<String>,
    pub(super) payload: Vec<u8>,
    pub(super) headers: Headers,
}

impl Raw {
    pub(super) fn copy(message: &BorrowedMessage<'_>, kafka: &KafkaConfig) -> Self {
        Self {
            topic: kafka.unprefixed(message.topic()).to_owned(),
            partition: message.partition(),
            offset: message.offset(),
            key: message.key().map(|key| without_nul(&String::from_utf8_lossy(key))),
            payload: message.payload().unwrap_or_default().to_vec(),
            headers: message.headers().map(Headers::from_kafka).unwrap_or_default(),
        }
    }

    /// An id for what has none of its own: the same whenever this message is read again.
    fn fingerprint(&self) -> Uuid {
        let mut hash = Sha256::new();
        hash.update(self.topic.as_bytes());
        hash.update(self.partition.to_be_bytes());
        hash.update(self.offset.to_be_bytes());
        hash.update(&self.payload);
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&hash.finalize()[..16]);
        Builder::from_custom_bytes(bytes).into_uuid()
    }
}

/// A message and what it turned out to be.
#[derive(Debug)]
pub(super) struct Message {
    pub(super) raw: Raw,
    pub(super) content: Content,
}

/// What a message turned out to be.
#[derive(Debug)]
pub(super) enum Content {
    /// One to apply.
    Event(Incoming),
    /// One of our own.
    Own,
    /// Of a type that its topic does not carry today.
    Unknown(String),
    /// Not in our envelope.
    Broken {
        /// An id to remember it by.
        id: Uuid,
        reason: String,
    },
}

impl Message {
    pub(super) fn read(raw: Raw, own_source: &str) -> Self {
        let content = content(&raw, own_source);
        Self { raw, content }
    }
}

fn content(raw: &Raw, own_source: &str) -> Content {
    let source = raw.headers.get(names::SOURCE).unwrap_or_default();
    if source == own_source {
        return Content::Own;
    }
    let head: Envelope<IgnoredAny> = match serde_json::from_slice(&raw.payload) {
        Ok(head) => head,
        // Not the error itself: it quotes values.
        Err(error) => {
            return broken(
                raw,
                format!(
                    "not in our envelope: {:?} error in line {}, column {}",
                    error.classify(),
                    error.line(),
                    error.column()
                ),
            );
        }
    };
    if head.event_type.is_empty() {
        return broken(raw, "not in our envelope: no event type".to_owned());
    }
    if head.event_type != raw.topic || Topic::from_name(&head.event_type).is_none() {
        return Content::Unknown(head.event_type);
    }
    Content::Event(Incoming {
        topic: raw.topic.clone(),
        partition: raw.partition,
        offset: raw.offset,
        key: raw.key.clone(),
        event_id: head.event_id,
        event_type: head.event_type,
        source: source.to_owned(),
        timestamp: head.timestamp,
        payload: raw.payload.clone(),
        headers: raw.headers.clone(),
    })
}

fn broken(raw: &Raw, reason: String) -> Content {
    Content::Broken { id: raw.fingerprint(), reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(payload: &str) -> Raw {
        Raw {
            topic: "order.paid".to_owned(),
            partition: 1,
            offset: 7,
            key: None,
            payload: payload.as_bytes().to_vec(),
            headers: Headers::default(),
        }
    }

    fn read(payload: &str) -> Content {
        Message::read(raw(payload), "/me").content
    }

    const ID: &str = "01932f6e-7c5a-7000-8000-000000000001";

    #[test]
    fn an_event_is_read_from_its_value() {
        let value = format!(
            r#"{{"eventId":"{ID}","eventType":"order.paid","timestamp":"2026-01-02T03:04:05Z","data":{{"a":[1]}},"more":1}}"#
        );
        let Content::Event(event) = read(&value) else { panic!("no event") };
        assert_eq!(event.event_id.to_string(), ID);
        assert_eq!(event.payload, value.as_bytes());
        let mut own = raw(&value);
        own.headers.push("ce_source", "/me");
        assert!(matches!(Message::read(own, "/me").content, Content::Own));
    }

    #[test]
    fn a_type_its_topic_does_not_carry_is_unknown() {
        for kind in ["order.teleported", "order.created"] {
            let value = format!(
                r#"{{"eventId":"{ID}","eventType":"{kind}","timestamp":"2026-01-02T03:04:05Z","data":{{}}}}"#
            );
            assert!(matches!(read(&value), Content::Unknown(_)), "{kind}");
        }
    }

    #[test]
    fn what_is_not_in_our_envelope_is_broken_and_recognized_again() {
        let no_type = format!(r#"{{"eventId":"{ID}","timestamp":"2026-01-02T03:04:05Z","data":{{}}}}"#);
        for value in ["", "null", "[]", "{", r#"{"eventId":"jane@example.com"}"#, &no_type] {
            let Content::Broken { id, reason } = read(value) else { panic!("{value} was taken") };
            assert!(!reason.contains("jane"), "{reason}");
            assert!(matches!(read(value), Content::Broken { id: again, .. } if again == id));
        }
    }
}
