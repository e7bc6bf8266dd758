//! Sets up logs, traces and metrics, once per process.

use std::io::{self, IsTerminal};
use std::sync::atomic::{AtomicBool, Ordering};

use opentelemetry::global;
use opentelemetry::trace::TracerProvider;
use opentelemetry_otlp::{SpanExporter, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::Subscriber;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::JsonFields;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, Registry};

use super::json_format::JsonLines;
use super::{LogFormat, TelemetryConfig, metrics};

/// What is logged unless `RUST_LOG` says otherwise.
const DEFAULT_FILTER: &str =
    "info,sqlx=warn,sea_orm=warn,sea_orm_migration=warn,actix_server=warn,librdkafka=warn";

static STARTED: AtomicBool = AtomicBool::new(false);

/// Keeps spans flowing; [`shutdown`](Self::shutdown) sends the last ones.
#[derive(Debug)]
#[must_use = "spans still waiting are lost unless it is shut down"]
pub struct Guard(Option<SdkTracerProvider>);

impl Guard {
    /// Exports what is left. Call it last, before the process ends.
    pub async fn shutdown(self) {
        let Some(provider) = self.0 else { return };
        // The exporter blocks, and would block the runtime's thread for ever.
        let done = tokio::task::spawn_blocking(move || provider.shutdown()).await;
        if let Ok(Err(error)) = done {
            tracing::debug!(%error, "the last spans were not exported");
        }
    }
}

/// Sets up telemetry for this process. Later calls (several services in one process) change nothing.
///
/// # Errors
/// When the exporter cannot be built.
pub fn init(service_name: &str, config: &TelemetryConfig) -> anyhow::Result<Guard> {
    start(service_name, config, io::stdout, io::stdout().is_terminal())
}

/// As [`init`], with log lines on standard error: for commands, whose answer is on standard output.
///
/// # Errors
/// When the exporter cannot be built.
pub fn init_on_stderr(service_name: &str, config: &TelemetryConfig) -> anyhow::Result<Guard> {
    start(service_name, config, io::stderr, io::stderr().is_terminal())
}

fn start<W>(service_name: &str, config: &TelemetryConfig, writer: W, terminal: bool) -> anyhow::Result<Guard>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    if STARTED.swap(true, Ordering::SeqCst) {
        return Ok(Guard(None));
    }
    let resource = Resource::builder().with_service_name(service_name.to_owned()).build();
    global::set_text_map_propagator(TraceContextPropagator::new());
    metrics::install(resource.clone())?;
    let provider = provider(config, resource)?;
    global::set_tracer_provider(provider.clone());
    let subscriber = subscriber(config, &provider, writer, terminal)?;
    // A subscriber that a test set before stays.
    let _ = subscriber.try_init();
    Ok(Guard(Some(provider)))
}

fn provider(config: &TelemetryConfig, resource: Resource) -> anyhow::Result<SdkTracerProvider> {
    let builder = SdkTracerProvider::builder().with_resource(resource);
    let Some(endpoint) = &config.otlp_endpoint else { return Ok(builder.build()) };
    let endpoint = format!("{}/v1/traces", endpoint.as_str().trim_end_matches('/'));
    let exporter = SpanExporter::builder().with_http().with_endpoint(endpoint).build()?;
    Ok(builder.with_batch_exporter(exporter).build())
}

/// Spans to `provider`, lines to `writer`, coloured only on a terminal and without `NO_COLOR`.
pub(super) fn subscriber<W>(
    config: &TelemetryConfig,
    provider: &SdkTracerProvider,
    writer: W,
    terminal: bool,
) -> anyhow::Result<impl Subscriber + Send + Sync + use<W>>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let spans = tracing_opentelemetry::layer()
        .with_tracer(provider.tracer("tender"))
        .with_location(false)
        .with_threads(false)
        // Whatever is logged, requests and events keep their trace.
        .with_filter(LevelFilter::INFO);
    let filter = EnvFilter::try_new(config.filter.as_deref().unwrap_or(DEFAULT_FILTER))?;
    let lines = tracing_subscriber::fmt::layer().with_writer(writer);
    let lines = if terminal { lines } else { lines.with_ansi(false) };
    let lines = match config.format {
        LogFormat::Json => {
            lines.fmt_fields(JsonFields::new()).event_format(JsonLines).with_filter(filter).boxed()
        }
        LogFormat::Pretty => lines.compact().with_filter(filter).boxed(),
    };
    Ok(Registry::default().with(spans).with(lines))
}
