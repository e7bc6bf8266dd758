//! The span around every request, and its one log line.

use std::time::Instant;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::{Error, HttpMessage};
use opentelemetry::trace::TraceContextExt;
use tracing::{Span, field};
use tracing_actix_web::RootSpanBuilder;
use tracing_opentelemetry::OpenTelemetrySpanExt;

use super::{RequestId, metrics, propagation};

/// What is asked all the time and logged at debug only.
const QUIET: [&str; 3] = ["/livez", "/readyz", "/metrics"];

/// For `tracing_actix_web::TracingLogger`; [`server`](crate::server) installs it. The path itself is not logged, as
/// it may hold ids that open something; the route is.
pub struct RequestSpan;

struct Started(Instant);

impl RootSpanBuilder for RequestSpan {
    fn on_request_start(request: &ServiceRequest) -> Span {
        let method = request.method().as_str();
        let request_id = RequestId::of(request);
        request.extensions_mut().insert(Started(Instant::now()));
        let span = tracing::info_span!(
            "request",
            otel.name = method,
            otel.kind = "server",
            otel.status_code = field::Empty,
            http.request.method = method,
            http.route = field::Empty,
            http.response.status_code = field::Empty,
            request_id = request_id.as_str(),
            // Recorded by the use cases once they are known.
            order_id = field::Empty,
            payment_id = field::Empty,
        );
        // Without telemetry there is nothing to set, and nothing is lost.
        let _ = span.set_parent(propagation::extract(request.headers()));
        span
    }

    fn on_request_end<B: MessageBody>(span: Span, outcome: &Result<ServiceResponse<B>, Error>) {
        let Ok(response) = outcome else { return };
        let request = response.request();
        let status = response.status().as_u16();
        let method = request.method().as_str();
        let route = request.match_pattern().unwrap_or_else(|| "unmatched".to_owned());
        let latency =
            request.extensions().get::<Started>().map(|started| started.0.elapsed()).unwrap_or_default();
        // The route is known only now, and the span has a name already.
        span.context().span().update_name(format!("{method} {route}"));
        span.record("http.route", &route);
        span.record("http.response.status_code", status);
        if status >= 500 {
            span.record("otel.status_code", "ERROR");
        }
        metrics::request(method, &route, status, latency);
        let latency_ms = u64::try_from(latency.as_millis()).unwrap_or(u64::MAX);
        if QUIET.contains(&route.as_str()) && status < 500 {
            tracing::debug!(method, route, status, latency_ms, "request");
        } else {
            tracing::info!(method, route, status, latency_ms, "request");
        }
    }
}
