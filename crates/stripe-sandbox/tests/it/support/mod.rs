//! A sandbox of one's own, a plain client for it, and a webhook receiver.

mod receiver;

use std::sync::Arc;
use std::time::Duration;

use kernel::{Clock as _, ManualClock};
use reqwest::redirect::Policy;
use serde_json::{Value, json};
use stripe_sandbox::{Config, Running, Sandbox};

pub use receiver::{Received, Receiver, verify};

/// How long anything may take before a test fails.
pub const SOON: Duration = Duration::from_secs(10);
pub const KEY: &str = "sk_test_sandbox";

/// A running sandbox and a client.
pub struct Shop {
    pub http: reqwest::Client,
    pub url: String,
    pub clock: Arc<ManualClock>,
    running: Running,
}

/// An answer: status, headers, JSON.
pub struct Answer {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub json: Value,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// `error.code`, or its type where there is no code.
    pub fn code(&self) -> &str {
        let error = &self.json["error"];
        error["code"].as_str().or(error["type"].as_str()).unwrap_or("none")
    }

    pub fn id(&self) -> String {
        self.json["id"].as_str().unwrap_or_else(|| panic!("no id in {}", self.json)).to_owned()
    }
}

impl Shop {
    /// A sandbox on its own clock, which runs with the machine's until it is moved.
    pub async fn open() -> Self {
        Self::with(|_| {}).await
    }

    pub async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let clock = Arc::new(ManualClock::running());
        let mut config = Config {
            clock: clock.clone(),
            settle_after: Duration::from_millis(100),
            retry_after: Duration::from_millis(20),
            ..Config::default()
        };
        change(&mut config);
        let running = Sandbox::start(config).await.unwrap();
        let http = reqwest::Client::builder().redirect(Policy::none()).timeout(SOON).build().unwrap();
        Self { http, url: running.url().to_owned(), clock, running }
    }

    /// With a receiver that takes all events.
    pub async fn with_receiver(change: impl FnOnce(&mut Config)) -> (Self, Receiver) {
        let receiver = Receiver::start().await;
        let shop = Self::with(|config| {
            config.webhook_url = Some(receiver.url());
            config.webhook_secret = Some(receiver::SECRET.into());
            change(config);
        })
        .await;
        (shop, receiver)
    }

    /// Unix seconds by the sandbox's clock.
    pub fn now(&self) -> i64 {
        self.clock.now().unix_timestamp()
    }

    pub async fn stop(self) {
        self.running.stop().await;
    }

    pub async fn send(&self, request: reqwest::RequestBuilder) -> Answer {
        let answer = request.send().await.unwrap();
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let text = answer.text().await.unwrap();
        Answer { status, headers, json: serde_json::from_str(&text).unwrap_or(Value::Null) }
    }

    pub fn request(&self, method: reqwest::Method, path: &str) -> reqwest::RequestBuilder {
        self.http.request(method, format!("{}{path}", self.url)).basic_auth(KEY, Some(""))
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.request(reqwest::Method::GET, path)).await
    }

    pub async fn post(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        self.send(self.request(reqwest::Method::POST, path).form(form)).await
    }

    /// Posts with an idempotency key.
    pub async fn post_once(&self, key: &str, path: &str, form: &[(&str, &str)]) -> Answer {
        let request = self.request(reqwest::Method::POST, path).header("idempotency-key", key);
        self.send(request.form(form)).await
    }

    /// A new Session of 29.99 USD; `more` overrides and adds parameters.
    pub async fn create(&self, more: &[(&str, &str)]) -> Answer {
        self.post("/v1/checkout/sessions", &session_form(more)).await
    }

    pub async fn session(&self) -> String {
        let answer = self.create(&[]).await;
        assert_eq!(answer.status, 200, "{}", answer.json);
        answer.id()
    }

    /// Pays a Session by the control API.
    pub async fn pay(&self, session: &str, how: Value) -> Answer {
        self.control(reqwest::Method::POST, &format!("checkout/sessions/{session}/pay"), how).await
    }

    pub async fn control(&self, method: reqwest::Method, path: &str, body: Value) -> Answer {
        let request = self.http.request(method, format!("{}/_sandbox/{path}", self.url)).json(&body);
        self.send(request).await
    }

    pub async fn faults(&self, body: Value) {
        let answer = self.control(reqwest::Method::PUT, "faults", body).await;
        assert_eq!(answer.status, 200, "{}", answer.json);
    }

    /// Types of all events so far, oldest first.
    pub async fn event_types(&self) -> Vec<String> {
        let events = self.get("/v1/events?limit=100").await.json;
        let mut types: Vec<String> = strings(&events["data"], "type");
        types.reverse();
        types
    }

    /// A paid Session's PaymentIntent.
    pub async fn paid_intent(&self) -> String {
        let session = self.session().await;
        let paid = self.pay(&session, json!({ "card": "4242424242424242" })).await;
        paid.json["session"]["payment_intent"].as_str().unwrap().to_owned()
    }
}

/// The values of `field` in a list.
pub fn strings(list: &Value, field: &str) -> Vec<String> {
    list.as_array().unwrap().iter().map(|item| item[field].as_str().unwrap().to_owned()).collect()
}

/// The form of a good Session, with `more` in place of or besides its parameters; an empty value leaves out.
pub fn session_form<'a>(more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut form = vec![
        ("mode", "payment"),
        ("success_url", "https://shop.example/done?session_id={CHECKOUT_SESSION_ID}"),
        ("cancel_url", "https://shop.example/cart"),
        ("line_items[0][price_data][currency]", "usd"),
        ("line_items[0][price_data][unit_amount]", "2999"),
        ("line_items[0][price_data][product_data][name]", "Enamel mug"),
        ("line_items[0][quantity]", "1"),
    ];
    for (name, value) in more {
        form.retain(|(known, _)| known != name);
        if !value.is_empty() {
            form.push((name, value));
        }
    }
    form
}
