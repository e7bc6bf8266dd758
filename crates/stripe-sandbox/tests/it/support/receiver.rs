//! A webhook receiver: keeps what it gets, answers as told.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::Sha256;
use test_support::eventually;

use super::SOON;

pub const SECRET: &str = "whsec_test";

/// One request.
#[derive(Debug, Clone)]
pub struct Received {
    pub signature: String,
    pub body: String,
}

impl Received {
    pub fn event(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    pub fn kind(&self) -> String {
        self.event()["type"].as_str().unwrap().to_owned()
    }

    /// The signature's `t`.
    pub fn dated(&self) -> i64 {
        let date = self.signature.split(',').find_map(|part| part.strip_prefix("t="));
        date.unwrap().parse().unwrap()
    }
}

#[derive(Default)]
struct Inbox {
    received: Mutex<Vec<Received>>,
    /// Statuses of the next answers; 200 afterwards.
    answers: Mutex<VecDeque<u16>>,
}

pub struct Receiver {
    port: u16,
    inbox: Arc<Inbox>,
}

impl Receiver {
    pub async fn start() -> Self {
        let inbox = Arc::new(Inbox::default());
        let shared = web::Data::from(Arc::clone(&inbox));
        let server =
            HttpServer::new(move || App::new().app_data(shared.clone()).default_service(web::to(take)))
                .workers(1)
                .disable_signals()
                .bind(("127.0.0.1", 0))
                .unwrap();
        let port = server.addrs()[0].port();
        tokio::spawn(server.run());
        Self { port, inbox }
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/hook", self.port)
    }

    /// Answers the next requests so.
    pub fn answer_next(&self, statuses: &[u16]) {
        self.inbox.answers.lock().unwrap().extend(statuses);
    }

    pub fn received(&self) -> Vec<Received> {
        self.inbox.received.lock().unwrap().clone()
    }

    /// Waits for `count` requests about events of type `kind`.
    pub async fn wait_for(&self, kind: &str, count: usize) -> Vec<Received> {
        eventually(SOON, format!("{count} of {kind}"), async || {
            let received: Vec<Received> =
                self.received().into_iter().filter(|it| it.kind() == kind).collect();
            if received.len() >= count { Ok(received) } else { Err(received.len()) }
        })
        .await
    }
}

async fn take(request: HttpRequest, body: web::Bytes, inbox: web::Data<Inbox>) -> HttpResponse {
    let signature = request.headers().get("stripe-signature").unwrap().to_str().unwrap().to_owned();
    let body = String::from_utf8(body.to_vec()).unwrap();
    inbox.received.lock().unwrap().push(Received { signature, body });
    let status = inbox.answers.lock().unwrap().pop_front().unwrap_or(200);
    HttpResponse::build(actix_web::http::StatusCode::from_u16(status).unwrap())
        .insert_header(("location", "/elsewhere"))
        .finish()
}

/// Whether the request is signed with `secret`, as Stripe says it should be checked.
pub fn verify(received: &Received, secret: &str) -> bool {
    let part = |name| received.signature.split(',').find_map(|part| part.strip_prefix(name));
    let (date, signature) = (part("t=").unwrap(), hex::decode(part("v1=").unwrap()).unwrap());
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(format!("{date}.{}", received.body).as_bytes());
    mac.verify_slice(&signature).is_ok()
}
