//! Between the service and Stripe's double: changes what Stripe answers.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use actix_web::http::StatusCode;
use actix_web::web::{Bytes, Data};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use serde_json::Value;

/// Changes status and body of the answer to this method and path.
pub type Alter = fn(&str, &str, &mut u16, &mut Value);

/// The proxy, changing answers until told otherwise.
pub struct Proxy {
    pub url: String,
    on: Arc<AtomicBool>,
}

struct Way {
    to: String,
    client: reqwest::Client,
    alter: Alter,
    on: Arc<AtomicBool>,
}

impl Proxy {
    pub fn start(to: String, alter: Alter) -> Self {
        let on = Arc::new(AtomicBool::new(true));
        let way = Data::new(Way { to, client: test_support::http_client(), alter, on: on.clone() });
        let server =
            HttpServer::new(move || App::new().app_data(way.clone()).default_service(web::to(forward)));
        let server = server.workers(1).disable_signals().bind(("127.0.0.1", 0)).unwrap();
        let url = format!("http://{}", server.addrs()[0]);
        tokio::spawn(server.run());
        Self { url, on }
    }

    /// From now on answers pass as they are.
    pub fn honest(&self) {
        self.on.store(false, Ordering::SeqCst);
    }
}

async fn forward(way: Data<Way>, request: HttpRequest, body: Bytes) -> HttpResponse {
    let method = request.method().as_str();
    let url = format!("{}{}", way.to, request.uri());
    let mut call = way.client.request(reqwest::Method::from_bytes(method.as_bytes()).unwrap(), url);
    for name in ["authorization", "stripe-version", "idempotency-key", "content-type"] {
        if let Some(value) = request.headers().get(name) {
            call = call.header(name, value.as_bytes());
        }
    }
    let answer = call.body(body.to_vec()).send().await.unwrap();
    let mut status = answer.status().as_u16();
    let mut body: Value = answer.json().await.unwrap();
    if way.on.load(Ordering::SeqCst) {
        (way.alter)(method, request.path(), &mut status, &mut body);
    }
    HttpResponse::build(StatusCode::from_u16(status).unwrap()).json(body)
}
