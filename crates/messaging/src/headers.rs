//! Message headers: what an event carries, how they are stored, how they are read.

use events::headers as names;
use rdkafka::message::{Header, OwnedHeaders};
use serde_json::Value;

/// Headers by name, in their order; a name may come twice.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Headers(Vec<(String, String)>);

impl Headers {
    /// Adds one. PostgreSQL's JSON knows no NUL, so none is kept.
    pub(crate) fn push(&mut self, name: &str, value: &str) {
        self.0.push((without_nul(name), without_nul(value)));
    }

    /// The first of that name.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Bytes of names and values.
    pub(crate) fn size(&self) -> usize {
        self.iter().map(|(name, value)| name.len() + value.len()).sum()
    }

    pub(crate) fn from_kafka<H: rdkafka::message::Headers>(headers: &H) -> Self {
        let mut read = Self::default();
        for header in headers.iter() {
            read.push(header.key, &String::from_utf8_lossy(header.value.unwrap_or_default()));
        }
        read
    }

    pub(crate) fn to_kafka(&self) -> OwnedHeaders {
        let empty = OwnedHeaders::new_with_capacity(self.0.len());
        self.iter().fold(empty, |headers, (key, value)| headers.insert(Header { key, value: Some(value) }))
    }

    /// As stored: an array of `[name, value]`.
    pub(crate) fn to_json(&self) -> Value {
        self.iter().map(|(name, value)| Value::from(vec![name, value])).collect()
    }

    /// From what [`Headers::to_json`] wrote; anything else is skipped.
    pub(crate) fn from_json(stored: &Value) -> Self {
        let mut headers = Self::default();
        for pair in stored.as_array().into_iter().flatten() {
            if let (Some(name), Some(value)) = (pair[0].as_str(), pair[1].as_str()) {
                headers.push(name, value);
            }
        }
        headers
    }
}

/// What PostgreSQL can store as text.
pub(crate) fn without_nul(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

/// The headers of the contract, but for the trace's.
pub(crate) fn cloud_event(id: &str, kind: &str, source: &str, time: &str) -> Headers {
    let mut headers = Headers::default();
    for (name, value) in [
        (names::SPECVERSION, names::SPECVERSION_VALUE),
        (names::ID, id),
        (names::TYPE, kind),
        (names::SOURCE, source),
        (names::TIME, time),
        (names::CONTENT_TYPE, names::CONTENT_TYPE_VALUE),
    ] {
        headers.push(name, value);
    }
    headers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_survive_storing() {
        let mut headers = cloud_event("1", "order.paid", "/order-service", "2026-01-01T00:00:00Z");
        headers.push("twice", "a");
        headers.push("twice", "b\0");
        let read = Headers::from_json(&headers.to_json());
        assert_eq!(read, headers);
        assert_eq!(read.get("CE_ID"), Some("1"));
        assert_eq!(read.iter().last(), Some(("twice", "b\u{fffd}")), "no NUL reaches the database");
        assert_eq!(Headers::from_kafka(&headers.to_kafka()), headers);
    }

    #[test]
    fn what_is_no_header_is_skipped() {
        let stored = serde_json::json!([["a", "b"], ["c"], 5, ["d", 1]]);
        assert_eq!(Headers::from_json(&stored).to_json(), serde_json::json!([["a", "b"]]));
        assert_eq!(Headers::from_json(&Value::Null), Headers::default());
    }
}
