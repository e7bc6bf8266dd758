//! W3C trace context into and out of HTTP headers.

use actix_web::http::header::HeaderMap;
use opentelemetry::propagation::{Extractor, Injector};
use opentelemetry::trace::TraceContextExt;
use opentelemetry::{Context, global};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

/// The trace id of the current span as 32 hex digits, if it has one: for history rows.
#[must_use]
pub fn current_trace_id() -> Option<String> {
    let context = Span::current().context();
    let span = context.span().span_context().clone();
    span.is_valid().then(|| span.trace_id().to_string())
}

/// The outgoing call with the current span's `traceparent`.
pub fn with_trace(call: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
    let mut headers = Outgoing(Vec::new());
    let context = Span::current().context();
    global::get_text_map_propagator(|propagator| propagator.inject_context(&context, &mut headers));
    headers.0.into_iter().fold(call, |call, (name, value)| call.header(name, value))
}

/// The caller's context.
pub(super) fn extract(headers: &HeaderMap) -> Context {
    global::get_text_map_propagator(|propagator| propagator.extract(&Incoming(headers)))
}

struct Outgoing(Vec<(String, String)>);

impl Injector for Outgoing {
    fn set(&mut self, key: &str, value: String) {
        // An empty `tracestate` is noise that some receivers refuse.
        if !value.is_empty() {
            self.0.push((key.to_owned(), value));
        }
    }
}

struct Incoming<'a>(&'a HeaderMap);

impl Extractor for Incoming<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).and_then(|value| value.to_str().ok())
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(actix_web::http::header::HeaderName::as_str).collect()
    }
}
