//! Names of the Kafka headers every event carries: CloudEvents 1.0 in binary mode, and W3C trace context.

/// CloudEvents version, always [`SPECVERSION_VALUE`].
pub const SPECVERSION: &str = "ce_specversion";
/// The event's id; equals `eventId` and never changes when a publish is retried.
pub const ID: &str = "ce_id";
/// The event's type; equals `eventType` and the topic's name.
pub const TYPE: &str = "ce_type";
/// Who says so: `/order-service`, `/payment-service` …
pub const SOURCE: &str = "ce_source";
/// When, RFC 3339 UTC; equals `timestamp`.
pub const TIME: &str = "ce_time";
/// Always [`CONTENT_TYPE_VALUE`].
pub const CONTENT_TYPE: &str = "content-type";
/// The trace the event belongs to.
pub const TRACEPARENT: &str = "traceparent";
/// Vendor part of the trace; left out when empty.
pub const TRACESTATE: &str = "tracestate";

/// The value of [`SPECVERSION`].
pub const SPECVERSION_VALUE: &str = "1.0";
/// The value of [`CONTENT_TYPE`].
pub const CONTENT_TYPE_VALUE: &str = "application/json";

/// Headers that are on every event.
pub const REQUIRED: &[&str] = &[SPECVERSION, ID, TYPE, SOURCE, TIME, CONTENT_TYPE, TRACEPARENT];
/// Headers that may be on an event.
pub const OPTIONAL: &[&str] = &[TRACESTATE];
