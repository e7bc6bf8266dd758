//! Stripe's side: what the customer does on Stripe's page, what Stripe knows, and what goes wrong there.

use reqwest::{Client, Method};
use serde_json::{Value, json};
use test_support::{Service, http_client};

/// The only key the sandbox takes.
pub const KEY: &str = "sk_test_sandbox";

/// Stripe's test cards.
pub mod cards {
    pub const PAYS: &str = "4242424242424242";
    pub const DECLINED: &str = "4000000000000002";
    pub const NO_FUNDS: &str = "4000000000009995";
}

pub struct Sandbox {
    pub service: Service,
    client: Client,
}

/// A webhook endpoint as made by Stripe's API.
pub struct Endpoint {
    id: String,
    pub secret: String,
}

impl Sandbox {
    pub async fn start() -> Self {
        let service = Service::builder("stripe-sandbox")
            // Nothing happens by itself: what is delayed is settled when a test says so.
            .env("SANDBOX_SETTLE_AFTER", "60m")
            .ready_path("/_sandbox/books")
            .start()
            .await;
        Self { service, client: http_client() }
    }

    /// An endpoint for all events, not pointed at the shop yet.
    pub async fn new_endpoint(&self) -> Endpoint {
        let form = [("url", "http://127.0.0.1:9/"), ("enabled_events[0]", "*")];
        let made = self.stripe(Method::POST, "/v1/webhook_endpoints", &form).await;
        Endpoint { id: text(&made["id"]), secret: text(&made["secret"]) }
    }

    pub async fn point(&self, endpoint: &Endpoint, url: &str) {
        self.stripe(Method::POST, &format!("/v1/webhook_endpoints/{}", endpoint.id), &[("url", url)]).await;
    }

    /// Pays the Session with a card; `paid` or `declined` in `outcome`.
    pub async fn pay(&self, session: &str, card: &str) -> Value {
        self.act(session, "pay", &json!({ "card": card })).await
    }

    /// The status that paying with a card is answered with.
    pub async fn try_pay(&self, session: &str, card: &str) -> u16 {
        let url = self.service.url(&format!("/_sandbox/checkout/sessions/{session}/pay"));
        let answer = send(self.client.post(url).json(&json!({ "card": card }))).await;
        answer.status().as_u16()
    }

    /// Pays it with PayPal: `approve`, `cancel`, `delayed_success` or `delayed_failure`.
    pub async fn paypal(&self, session: &str, outcome: &str) -> Value {
        self.act(session, "pay", &json!({ "paymentMethod": "paypal", "outcome": outcome })).await
    }

    /// Lets the delayed payment of `session` end as it was chosen.
    pub async fn settle(&self, session: &str) {
        let intent = text(&self.session(session).await["payment_intent"]);
        self.control(Method::POST, &format!("/payment_intents/{intent}/settle"), &json!({})).await;
    }

    /// Ends the Session unpaid, as its time would.
    pub async fn expire(&self, session: &str) -> Value {
        self.stripe(Method::POST, &format!("/v1/checkout/sessions/{session}/expire"), &[]).await
    }

    /// Gives the money of a paid Session back, as from Stripe's dashboard.
    pub async fn refund(&self, session: &str) -> Value {
        let intent = text(&self.session(session).await["payment_intent"]);
        self.stripe(Method::POST, "/v1/refunds", &[("payment_intent", &intent)]).await
    }

    /// Gives a part of it back.
    pub async fn refund_part(&self, session: &str, amount: i64) -> Value {
        let intent = text(&self.session(session).await["payment_intent"]);
        let amount = amount.to_string();
        self.stripe(Method::POST, "/v1/refunds", &[("payment_intent", &intent), ("amount", &amount)]).await
    }

    pub async fn session(&self, session: &str) -> Value {
        self.stripe(Method::GET, &format!("/v1/checkout/sessions/{session}"), &[]).await
    }

    /// All Sessions, newest first.
    pub async fn sessions(&self) -> Vec<Value> {
        let list = self.stripe(Method::GET, "/v1/checkout/sessions?limit=100", &[]).await;
        list["data"].as_array().unwrap().clone()
    }

    /// The last hundred events of each of the given types as Stripe would deliver them, oldest first.
    pub async fn events(&self, kinds: &[&str]) -> Vec<Value> {
        let mut events = Vec::new();
        for kind in kinds {
            let list = self.stripe(Method::GET, &format!("/v1/events?limit=100&type={kind}"), &[]).await;
            events.extend(list["data"].as_array().unwrap().iter().rev().cloned());
        }
        events
    }

    /// Those about one Session and its PaymentIntent.
    pub async fn events_of(&self, session: &str, kinds: &[&str]) -> Vec<Value> {
        let intent = text(&self.session(session).await["payment_intent"]);
        let about = |event: &Value| {
            let object = &event["data"]["object"];
            object["id"] == session || object["id"] == *intent || object["payment_intent"] == *intent
        };
        let mut events = self.events(kinds).await;
        events.retain(about);
        events
    }

    /// What the books say about the Session's PaymentIntent.
    pub async fn account(&self, session: &str) -> Value {
        let books = self.books().await;
        let intents = books["paymentIntents"].as_array().unwrap();
        let found = intents.iter().find(|intent| intent["session"] == session);
        found.unwrap_or_else(|| panic!("no PaymentIntent of {session} in {books}")).clone()
    }

    /// Nothing is delivered from now on.
    pub async fn drop_webhooks(&self) {
        self.faults(&json!({ "deliveries": { "drop": "all" } })).await;
    }

    /// Sets all fault switches; `{}` is none.
    pub async fn faults(&self, switches: &Value) {
        self.control(Method::PUT, "/faults", switches).await;
    }

    /// What became of an event's deliveries.
    pub async fn deliveries(&self, event: &Value) -> Vec<Value> {
        let id = text(&event["id"]);
        let report = self.control(Method::GET, &format!("/events/{id}"), &Value::Null).await;
        report["deliveries"].as_array().unwrap().clone()
    }

    /// Captures per PaymentIntent.
    pub async fn books(&self) -> Value {
        self.control(Method::GET, "/books", &Value::Null).await
    }

    /// How often the API was asked: `method`, and a path in which `*` stands for anything.
    pub async fn calls(&self, method: &str, path: &str) -> u64 {
        self.report(method, path).await["count"].as_u64().unwrap()
    }

    /// Those calls, oldest first: idempotency key and body.
    pub async fn asked(&self, method: &str, path: &str) -> Vec<(String, String)> {
        let report = self.report(method, path).await;
        let calls = report["calls"].as_array().unwrap().iter();
        calls.map(|call| (text(&call["idempotencyKey"]), text(&call["body"]))).collect()
    }

    async fn report(&self, method: &str, path: &str) -> Value {
        self.control(Method::GET, &format!("/calls?method={method}&path={path}"), &Value::Null).await
    }

    /// Sends an event once more, until it is taken, as Stripe does with what was not answered 2xx.
    pub async fn redeliver(&self, event: &Value) {
        let path = format!("/events/{}/redeliver", text(&event["id"]));
        self.control(Method::POST, &path, &json!({})).await;
    }

    /// Does something at the Session's page: the status, and what came of it. 400: the page is not open.
    pub async fn at_page(&self, session: &str, what: &Value) -> (u16, Value) {
        let url = self.service.url(&format!("/_sandbox/checkout/sessions/{session}/pay"));
        let answer = send(self.client.post(url).json(what)).await;
        (answer.status().as_u16(), answer.json().await.unwrap_or_default())
    }

    /// Lets a delayed payment end as it was chosen.
    pub async fn settle_intent(&self, intent: &str) {
        self.control(Method::POST, &format!("/payment_intents/{intent}/settle"), &json!({})).await;
    }

    /// A call of Stripe's API, whatever it answers.
    pub async fn try_stripe(
        &self,
        method: Method,
        path: &str,
        form: &[(&str, &str)],
        key: Option<&str>,
    ) -> (u16, Value) {
        let mut request = self.client.request(method, self.service.url(path)).bearer_auth(KEY).form(form);
        if let Some(key) = key {
            request = request.header("Idempotency-Key", key);
        }
        let answer = send(request).await;
        (answer.status().as_u16(), answer.json().await.unwrap_or_default())
    }

    /// Every event there was, oldest first, with how its deliveries fare: `{id, type, deliveries}`.
    pub async fn fates(&self) -> Vec<Value> {
        let all = self.control(Method::GET, "/events", &Value::Null).await;
        all["events"].as_array().unwrap().clone()
    }

    async fn act(&self, session: &str, action: &str, body: &Value) -> Value {
        self.control(Method::POST, &format!("/checkout/sessions/{session}/{action}"), body).await
    }

    async fn control(&self, method: Method, path: &str, body: &Value) -> Value {
        let request = self.client.request(method, self.service.url(&format!("/_sandbox{path}")));
        let request = if body.is_null() { request } else { request.json(body) };
        answer(request).await
    }

    async fn stripe(&self, method: Method, path: &str, form: &[(&str, &str)]) -> Value {
        let request = self.client.request(method.clone(), self.service.url(path)).bearer_auth(KEY);
        let request = if method == Method::POST { request.form(form) } else { request };
        answer(request).await
    }
}

/// On a loaded machine a connection may wait so long for its request that the sandbox gives it up; nothing was done
/// then, and it is asked again.
async fn send(request: reqwest::RequestBuilder) -> reqwest::Response {
    for _ in 0..4 {
        match request.try_clone().expect("a body that can be sent again").send().await {
            Err(error) if error.is_request() && !error.is_timeout() => {}
            answer => return answer.unwrap(),
        }
    }
    request.send().await.unwrap()
}

async fn answer(request: reqwest::RequestBuilder) -> Value {
    let answer = send(request).await;
    let (status, url) = (answer.status(), answer.url().clone());
    let body = answer.text().await.unwrap();
    assert!(status.is_success(), "{url}: {status} {body}");
    serde_json::from_str(&body).unwrap()
}

pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("not a string: {value}")).to_owned()
}
