//! Metrics, as Prometheus reads them.

use std::sync::LazyLock;
use std::time::Duration;

use opentelemetry::metrics::Histogram;
use opentelemetry::{KeyValue, global};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use prometheus::TextEncoder;

/// Upper bounds of the buckets for requests, in seconds.
const BOUNDS: [f64; 12] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];

static REQUESTS: LazyLock<Histogram<f64>> = LazyLock::new(|| {
    global::meter("service-kit")
        .f64_histogram("http.server.request.duration")
        .with_unit("s")
        .with_boundaries(BOUNDS.to_vec())
        .build()
});

/// Sends the meters of this process to `prometheus`' default registry.
pub(super) fn install(resource: Resource) -> anyhow::Result<()> {
    let exporter =
        opentelemetry_prometheus::exporter().with_registry(prometheus::default_registry().clone()).build()?;
    global::set_meter_provider(
        SdkMeterProvider::builder().with_reader(exporter).with_resource(resource).build(),
    );
    Ok(())
}

/// Methods with a series of their own; whatever else a caller makes up is one.
const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/// Counts one answered request.
pub(super) fn request(method: &str, route: &str, status: u16, latency: Duration) {
    let method = if METHODS.contains(&method) { method } else { "_OTHER" };
    REQUESTS.record(
        latency.as_secs_f64(),
        &[
            KeyValue::new("http.request.method", method.to_owned()),
            KeyValue::new("http.route", route.to_owned()),
            KeyValue::new("http.response.status_code", i64::from(status)),
        ],
    );
}

/// All metrics in Prometheus' text format.
///
/// # Errors
/// When two metrics contradict each other.
pub fn render() -> anyhow::Result<String> {
    Ok(TextEncoder::new().encode_to_string(&prometheus::default_registry().gather())?)
}
