//! A purchase is one trace, from the checkout to the mail: what a webhook or a worker finds out about a payment hours
//! later belongs to the trace that the payment was begun in.

use std::collections::HashMap;

use opentelemetry::trace::{SpanContext, TraceContextExt};
use opentelemetry::{Context, global};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

const TRACEPARENT: &str = "traceparent";

/// The current span as a W3C `traceparent`, to be stored. `None` outside of any trace.
pub(super) fn current() -> Option<String> {
    let context = Span::current().context();
    let mut headers = HashMap::new();
    global::get_text_map_propagator(|propagator| propagator.inject_context(&context, &mut headers));
    headers.remove(TRACEPARENT)
}

/// A span that goes on with a stored trace, linked to the span we are in. Within that trace already, or without one
/// that can be read, it is a plain child.
pub(super) fn continued(traceparent: Option<&str>) -> Span {
    let here = context_of(&Span::current().context());
    let stored = traceparent.and_then(read);
    let span = tracing::info_span!("payment");
    if let Some(stored) = stored
        && here.as_ref().is_none_or(|here| here.trace_id() != context_id(&stored))
    {
        // It fails only where no trace is recorded at all.
        let _ = span.set_parent(stored);
        if let Some(here) = here {
            span.add_link(here);
        }
    }
    span
}

fn read(traceparent: &str) -> Option<Context> {
    let headers = HashMap::from([(TRACEPARENT.to_owned(), traceparent.to_owned())]);
    let context = global::get_text_map_propagator(|propagator| {
        propagator.extract_with_context(&Context::new(), &headers)
    });
    context_of(&context).is_some().then_some(context)
}

fn context_of(context: &Context) -> Option<SpanContext> {
    Some(context.span().span_context().clone()).filter(SpanContext::is_valid)
}

fn context_id(context: &Context) -> opentelemetry::TraceId {
    context.span().span_context().trace_id()
}
