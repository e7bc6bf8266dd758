//! One JSON object per line: time, level, message, target, trace id, the fields of all spans around, the event's.

use std::fmt;

use kernel::Clock;
use opentelemetry::trace::{SpanContext, TraceContextExt};
use serde::Serialize;
use serde_json::{Map, Value};
use time::format_description::well_known::Rfc3339;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::{FormatEvent, FormatFields, Writer};
use tracing_subscriber::fmt::{FmtContext, FormattedFields};
use tracing_subscriber::registry::{LookupSpan, Scope};

/// The format. Inner spans win over outer ones, the event over all.
pub(super) struct JsonLines;

impl<S, N> FormatEvent<S, N> for JsonLines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        ctx: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut fields = Map::new();
        for span in ctx.event_scope().into_iter().flat_map(Scope::from_root) {
            let extensions = span.extensions();
            let known = extensions.get::<FormattedFields<N>>().map(|fields| fields.fields.as_str());
            if let Ok(Value::Object(known)) = serde_json::from_str(known.unwrap_or("{}")) {
                fields.extend(known.into_iter().filter(|(name, _)| !is_for_traces(name)));
            }
        }
        event.record(&mut Fields(&mut fields));
        let context = opentelemetry::Context::current();
        let span = Some(context.span().span_context().clone()).filter(SpanContext::is_valid);
        let line = Line {
            timestamp: kernel::SystemClock.now().format(&Rfc3339).map_err(|_| fmt::Error)?,
            level: event.metadata().level().as_str(),
            message: fields.remove("message"),
            target: event.metadata().target(),
            trace_id: span.as_ref().map(|span| span.trace_id().to_string()),
            span_id: span.as_ref().map(|span| span.span_id().to_string()),
            fields,
        };
        writeln!(writer, "{}", serde_json::to_string(&line).map_err(|_| fmt::Error)?)
    }
}

/// What people look for first comes first.
#[derive(Serialize)]
struct Line<'a> {
    timestamp: String,
    level: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Value>,
    target: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    trace_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    span_id: Option<String>,
    #[serde(flatten)]
    fields: Map<String, Value>,
}

/// Span fields in OpenTelemetry's words; the request's line says the same in ours.
fn is_for_traces(field: &str) -> bool {
    field.starts_with("otel.") || field.starts_with("http.")
}

/// Puts an event's fields into the line.
struct Fields<'a>(&'a mut Map<String, Value>);

impl Fields<'_> {
    fn put(&mut self, field: &Field, value: impl Into<Value>) {
        // What the `log` crate adds about itself.
        if !field.name().starts_with("log.") {
            self.0.insert(field.name().to_owned(), value.into());
        }
    }
}

impl Visit for Fields<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field, format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, value);
    }

    /// With its causes.
    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        let chain = std::iter::successors(Some(value), |error| error.source());
        self.put(field, chain.map(ToString::to_string).collect::<Vec<_>>().join(": "));
    }
}
