//! Log lines as they are written, without touching the process's own subscriber.

use std::io::Write;
use std::sync::{Arc, Mutex};

use actix_web::test::{TestRequest, call_service, init_service};
use actix_web::{App, HttpResponse, middleware::from_fn, web};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracerProvider;
use serde_json::Value;
use tracing::subscriber::{DefaultGuard, set_default};
use tracing_actix_web::TracingLogger;

use super::start::subscriber;
use super::{LogFormat, RequestSpan, TelemetryConfig, current_trace_id};
use crate::problem::{self, Problem};

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Lines {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    fn json(&self) -> Vec<Value> {
        self.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

/// This thread's lines until the guard is dropped.
fn capture(config: &TelemetryConfig) -> (Lines, DefaultGuard) {
    opentelemetry::global::set_text_map_propagator(TraceContextPropagator::new());
    let lines = Lines::default();
    let writer = lines.clone();
    let provider = SdkTracerProvider::builder().build();
    let subscriber = subscriber(config, &provider, move || writer.clone(), false).unwrap();
    (lines, set_default(subscriber))
}

#[test]
fn a_line_has_its_message_its_fields_and_those_of_the_spans_around() {
    let (lines, _guard) = capture(&TelemetryConfig::default());
    let outer = tracing::info_span!("request", request_id = "r-1", otel.kind = "server", order_id = "old");
    let trace_id = outer.in_scope(|| {
        let inner = tracing::info_span!("use case", order_id = "o-1", payment_id = tracing::field::Empty);
        inner.in_scope(|| {
            inner.record("payment_id", "p-1");
            tracing::info!(amount = 1299, paid = true, "Payment processed successfully");
            current_trace_id()
        })
    });
    let [line] = lines.json().try_into().unwrap();
    for (field, value) in [
        ("level", Value::from("INFO")),
        ("message", "Payment processed successfully".into()),
        ("request_id", "r-1".into()),
        ("order_id", "o-1".into()),
        ("payment_id", "p-1".into()),
        ("amount", 1299.into()),
        ("paid", true.into()),
        ("trace_id", trace_id.unwrap().into()),
        ("target", "service_kit::telemetry::tests".into()),
    ] {
        assert_eq!(line[field], value, "{field} of {line}");
    }
    assert_eq!(line["span_id"].as_str().unwrap().len(), 16);
    assert!(line["timestamp"].as_str().unwrap().ends_with('Z'));
    assert!(line.get("otel.kind").is_none());
}

#[test]
fn an_error_is_written_with_its_causes_and_outside_of_spans_there_is_no_trace() {
    let (lines, _guard) = capture(&TelemetryConfig::default());
    let error = std::io::Error::other(anyhow::anyhow!("innermost").context("between"));
    tracing::warn!(error = &error as &dyn std::error::Error, "failed");
    let [line] = lines.json().try_into().unwrap();
    assert_eq!(line["error"], "between: innermost");
    assert!(line.get("trace_id").is_none());
    assert_eq!(current_trace_id(), None);
}

#[test]
fn a_value_cannot_break_out_of_its_line() {
    let (lines, _guard) = capture(&TelemetryConfig::default());
    tracing::info!(name = "a\n{\"level\":\"ERROR\"}", "one\ntwo");
    assert_eq!(lines.json().len(), 1);
}

#[test]
fn traces_flow_whatever_is_logged() {
    let config = TelemetryConfig { filter: Some("off".to_owned()), ..TelemetryConfig::default() };
    let (lines, _guard) = capture(&config);
    let trace_id = tracing::info_span!("request").in_scope(|| {
        tracing::error!("unheard");
        current_trace_id()
    });
    assert!(trace_id.is_some());
    assert_eq!(lines.text(), "");
}

#[test]
fn lines_for_people_are_no_json() {
    let config = TelemetryConfig { format: LogFormat::Pretty, ..TelemetryConfig::default() };
    let (lines, _guard) = capture(&config);
    tracing::info_span!("request", request_id = "r-1").in_scope(|| tracing::info!("hello"));
    assert!(lines.text().contains("hello") && lines.text().contains("r-1"), "{}", lines.text());
    assert!(!lines.text().contains('\x1b'), "colours, though this is no terminal: {}", lines.text());
}

async fn call(path: &str, filter: Option<&str>) -> Vec<Value> {
    let config = TelemetryConfig { filter: filter.map(str::to_owned), ..TelemetryConfig::default() };
    let (lines, _guard) = capture(&config);
    let app = App::new()
        .wrap(from_fn(problem::render))
        .wrap(TracingLogger::<RequestSpan>::new())
        .route("/orders/{id}", web::get().to(HttpResponse::Ok))
        .route("/livez", web::get().to(HttpResponse::Ok))
        .route("/broken", web::get().to(broken));
    let app = init_service(app).await;
    let request = TestRequest::get()
        .uri(path)
        .insert_header(("x-request-id", "r-1"))
        .insert_header(("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"));
    call_service(&app, request.to_request()).await;
    lines.json()
}

async fn broken() -> Result<HttpResponse, Problem> {
    Err(Problem::internal(anyhow::anyhow!("innermost").context("outermost")))
}

#[actix_web::test]
async fn a_request_is_one_line_with_its_route_and_the_caller_s_trace() {
    let [line] = call("/orders/secret-7?token=secret", None).await.try_into().unwrap();
    for (field, value) in [
        ("message", Value::from("request")),
        ("level", "INFO".into()),
        ("method", "GET".into()),
        ("route", "/orders/{id}".into()),
        ("status", 200.into()),
        ("request_id", "r-1".into()),
        ("trace_id", "0af7651916cd43dd8448eb211c80319c".into()),
    ] {
        assert_eq!(line[field], value, "{field} of {line}");
    }
    assert!(line["latency_ms"].is_u64());
    assert!(!line.to_string().contains("secret"), "{line}");
}

#[actix_web::test]
async fn probes_are_heard_at_debug_only() {
    assert_eq!(call("/livez", None).await.len(), 0);
    let lines = call("/livez", Some("service_kit=debug")).await;
    assert_eq!((lines.len(), &lines[0]["level"]), (1, &Value::from("DEBUG")));
}

#[actix_web::test]
async fn what_broke_is_logged_once_with_its_causes() {
    let [cause, request] = call("/broken", None).await.try_into().unwrap();
    assert_eq!(cause["level"], "ERROR");
    assert_eq!(cause["error"], "outermost: innermost");
    assert_eq!(cause["code"], "internal");
    assert_eq!(cause["request_id"], "r-1");
    assert_eq!(request["status"], 500);
}
