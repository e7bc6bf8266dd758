//! Logs, traces and metrics.
//!
//! [`init`] once per process. Logs go to standard output as JSON lines or for people; every line inside a span has
//! its `trace_id`. Spans are exported by OTLP only when an endpoint is set, but always exist, so that `traceparent`
//! flows from request to event to mail. Metrics of `opentelemetry::global::meter` and of `prometheus`' default
//! registry are at `/metrics`.

mod config;
mod json_format;
mod mask;
mod metrics;
mod propagation;
mod request_id;
mod request_span;
mod start;
#[cfg(test)]
mod tests;

pub use config::{LogFormat, TelemetryConfig};
pub use mask::mask_email;
pub use metrics::render as render_metrics;
pub use propagation::{current_trace_id, with_trace};
pub use request_id::RequestId;
pub use request_span::RequestSpan;
pub use start::{Guard, init, init_on_stderr};
