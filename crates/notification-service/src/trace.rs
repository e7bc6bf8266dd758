//! The trace's way through the table: the mail belongs to the trace of the purchase that caused it.

use std::collections::HashMap;

use opentelemetry::propagation::TextMapPropagator;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use service_kit::telemetry::mask_email;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

use crate::domain::Notification;

const TRACEPARENT: &str = "traceparent";

/// The current span as a W3C `traceparent`; none outside of a recorded trace.
pub(crate) fn current() -> Option<String> {
    let mut carrier = HashMap::new();
    TraceContextPropagator::new().inject_context(&Span::current().context(), &mut carrier);
    carrier.remove(TRACEPARENT)
}

/// The span of one try to send; its fields are on every line logged in it.
pub(crate) fn sending(notification: &Notification) -> Span {
    let span = tracing::info_span!(
        "send mail",
        otel.kind = "producer",
        notification_id = %notification.attempt.id,
        kind = notification.letter.kind().name(),
        order_id = notification.order_id,
        payment_id = notification.payment_id,
        email = mask_email(notification.recipient.as_str()),
    );
    if let Some(traceparent) = &notification.traceparent {
        let carrier = HashMap::from([(TRACEPARENT.to_owned(), traceparent.clone())]);
        // It fails only where no trace is recorded at all.
        let _ = span.set_parent(TraceContextPropagator::new().extract(&carrier));
    }
    span
}
