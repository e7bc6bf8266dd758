//! Telemetry of a whole process: spans reach the collector, the trace flows on, requests are measured. One test, as
//! telemetry is set up once per process.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

use std::sync::{Arc, Mutex};

use actix_web::http::header;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use service_kit::env::{Env, HttpConfig, Reader};
use service_kit::health::{self, Readiness};
use service_kit::server::{Server, resource};
use service_kit::task::Tasks;
use service_kit::telemetry::{TelemetryConfig, init, with_trace};
use tokio_util::sync::CancellationToken;

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";

/// What was posted to a collector, and its URL.
async fn collector() -> (Arc<Mutex<Vec<u8>>>, String) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let received = Arc::new(Mutex::new(Vec::new()));
    let shared = web::Data::from(received.clone());
    let server = HttpServer::new(move || {
        App::new().app_data(shared.clone()).route("/v1/traces", web::post().to(receive))
    });
    tokio::spawn(server.workers(1).disable_signals().listen(listener).unwrap().run());
    (received, url)
}

async fn receive(body: web::Bytes, received: web::Data<Mutex<Vec<u8>>>) -> HttpResponse {
    received.lock().unwrap().extend_from_slice(&body);
    HttpResponse::Ok().finish()
}

/// What this service hears of the trace when it calls itself.
async fn outgoing(request: HttpRequest, client: web::Data<reqwest::Client>) -> String {
    let host = request.headers().get(header::HOST).unwrap().to_str().unwrap().to_owned();
    let call = with_trace(client.get(format!("http://{host}/incoming")));
    call.send().await.unwrap().text().await.unwrap()
}

async fn incoming(request: HttpRequest) -> String {
    assert!(!request.headers().contains_key("tracestate"));
    request.headers().get("traceparent").unwrap().to_str().unwrap().to_owned()
}

#[tokio::test]
async fn spans_are_exported_traces_flow_and_requests_are_measured() {
    let (received, endpoint) = collector().await;
    let env = Env::from_pairs([
        ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str()),
        ("HOST", "127.0.0.1"),
        ("PORT", "0"),
    ]);
    let mut read = Reader::new(&env);
    let sections = (TelemetryConfig::read(&mut read), HttpConfig::read(&mut read, 0));
    let (config, http) = read.finish(sections).unwrap();
    let guard = init("order-service", &config).unwrap();
    // A second service in the same process.
    init("payment-service", &config).unwrap().shutdown().await;

    let server = Server::bind(&http).unwrap();
    let url = format!("http://127.0.0.1:{}", server.port());
    let client = test_support::http_client();
    let data = web::Data::new(client.clone());
    let routes = move |app: &mut web::ServiceConfig| {
        health::configure(app, Readiness::new());
        app.app_data(data.clone())
            .service(resource("/outgoing/{id}").get(outgoing))
            .service(resource("/incoming").get(incoming));
    };
    let shutdown = CancellationToken::new();
    let running = tokio::spawn(server.run(Tasks::new(), routes, shutdown.clone()));

    let given = format!("00-{TRACE}-b7ad6b7169203331-01");
    let call = client.get(format!("{url}/outgoing/7")).header("traceparent", &given);
    let heard = call.send().await.unwrap().text().await.unwrap();
    assert!(heard.starts_with(&format!("00-{TRACE}-")) && heard != given, "{heard}");
    let fresh = client.get(format!("{url}/outgoing/7")).send().await.unwrap().text().await.unwrap();
    assert!(fresh.starts_with("00-") && !fresh.contains(TRACE), "{fresh}");

    let metrics = client.get(format!("{url}/metrics")).send().await.unwrap().text().await.unwrap();
    let measured = metrics.lines().find(|line| {
        line.starts_with("http_server_request_duration_seconds_count") && line.contains("/outgoing/{id}")
    });
    let measured = measured.unwrap_or_else(|| panic!("{metrics}"));
    assert!(measured.ends_with(" 2") && measured.contains("http_response_status_code=\"200\""), "{measured}");
    assert!(metrics.contains("service_name=\"order-service\""), "{metrics}");

    shutdown.cancel();
    running.await.unwrap().unwrap();
    guard.shutdown().await;
    let received = received.lock().unwrap();
    let contains = |bytes: &[u8]| received.windows(bytes.len()).any(|window| window == bytes);
    assert!(contains(b"order-service"));
    assert!(contains(b"GET /outgoing/{id}"));
    assert!(contains(&hex::decode(TRACE).unwrap()));
}
