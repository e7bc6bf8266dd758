//! The trace's way through the broker: W3C `traceparent` and `tracestate`, written and read by hand so that it
//! does not depend on a propagator that somebody has to install.

use std::str::FromStr;

use events::headers::{TRACEPARENT, TRACESTATE};
use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

use crate::headers::Headers;

/// Adds the current span's trace. An event outside of any trace starts one of its own: every event has a
/// `traceparent`.
pub(crate) fn inject(headers: &mut Headers) {
    let context = Span::current().context();
    let span = context.span().span_context().clone();
    if !span.is_valid() {
        headers.push(TRACEPARENT, &unsampled());
        return;
    }
    let flags = span.trace_flags().to_u8();
    headers.push(TRACEPARENT, &format!("00-{}-{}-{flags:02x}", span.trace_id(), span.span_id()));
    let state = span.trace_state().header();
    if !state.is_empty() {
        headers.push(TRACESTATE, &state);
    }
}

fn unsampled() -> String {
    let trace = TraceId::from_bytes(kernel::random::bytes());
    let span = SpanId::from_bytes(kernel::random::bytes());
    format!("00-{trace}-{span}-00")
}

/// Makes the message's trace the parent of `span`; without a readable one `span` starts its own.
pub(crate) fn set_parent(span: &Span, headers: &Headers) {
    let Some(parent) = headers.get(TRACEPARENT).and_then(parse) else {
        return;
    };
    let state =
        headers.get(TRACESTATE).and_then(|state| TraceState::from_str(state).ok()).unwrap_or_default();
    let (trace, parent, flags) = parent;
    let remote = SpanContext::new(trace, parent, flags, true, state);
    // It fails only where no trace is recorded at all.
    let _ = span.set_parent(Context::new().with_remote_span_context(remote));
}

/// `00-<32 hex>-<16 hex>-<2 hex>`; of a later version the same first four fields.
fn parse(header: &str) -> Option<(TraceId, SpanId, TraceFlags)> {
    let mut fields = header.trim().split('-');
    let version = fields.next().filter(|version| version.len() == 2 && *version != "ff")?;
    let trace = fields.next().filter(|trace| trace.len() == 32)?;
    let span = fields.next().filter(|span| span.len() == 16)?;
    let flags = fields.next().filter(|flags| flags.len() == 2)?;
    if version == "00" && fields.next().is_some() {
        return None;
    }
    let trace = TraceId::from_hex(trace).ok().filter(|id| *id != TraceId::INVALID)?;
    let span = SpanId::from_hex(span).ok().filter(|id| *id != SpanId::INVALID)?;
    let flags = u8::from_str_radix(flags, 16).ok()?;
    Some((trace, span, TraceFlags::new(flags) & TraceFlags::SAMPLED))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_well_formed_parents_are_taken() {
        let good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        let (trace, span, flags) = parse(good).unwrap();
        assert_eq!(trace.to_string(), "0af7651916cd43dd8448eb211c80319c");
        assert_eq!(span.to_string(), "b7ad6b7169203331");
        assert_eq!(flags, TraceFlags::SAMPLED);
        assert!(parse("cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more").is_some());
        for bad in [
            "",
            "00",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
            "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-zzf7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        ] {
            assert!(parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn an_event_outside_of_a_trace_has_one_of_its_own() {
        let mut headers = Headers::default();
        inject(&mut headers);
        assert!(parse(headers.get(TRACEPARENT).unwrap()).is_some());
        assert_eq!(headers.get(TRACESTATE), None);
    }
}
