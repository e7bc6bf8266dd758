//! `LOG_FORMAT`, `RUST_LOG`, `OTEL_EXPORTER_OTLP_ENDPOINT`.

use url::Url;

use crate::env::Reader;

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LogFormat {
    /// One JSON object per line.
    #[default]
    Json,
    /// For people.
    Pretty,
}

/// What is logged, how, and where spans go.
#[derive(Debug, Clone, Default)]
pub struct TelemetryConfig {
    /// How log lines look, default JSON.
    pub format: LogFormat,
    /// `tracing`'s filter directives; without them `info`, and `warn` for chatty libraries.
    pub filter: Option<String>,
    /// The collector's base URL (OTLP over HTTP); without one nothing is exported.
    pub otlp_endpoint: Option<Url>,
}

impl TelemetryConfig {
    /// Reads the section.
    pub fn read(read: &mut Reader<'_>) -> Self {
        let formats = [("json", LogFormat::Json), ("pretty", LogFormat::Pretty)];
        let filter = read.optional("RUST_LOG");
        if filter.as_ref().is_some_and(|filter| tracing_subscriber::EnvFilter::try_new(filter).is_err()) {
            read.mistake("RUST_LOG", "must be filter directives such as info,messaging=debug");
        }
        Self {
            format: read.choice("LOG_FORMAT", &formats, LogFormat::Json),
            filter,
            otlp_endpoint: read.url("OTEL_EXPORTER_OTLP_ENDPOINT"),
        }
    }
}
