//! Stripe's side: what customers do there, what it was asked, what it tells.

use futures::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use super::{Answer, World};

pub const PAYS: &str = "4242424242424242";
pub const DECLINED: &str = "4000000000000002";
pub const NO_FUNDS: &str = "4000000000009995";

impl World {
    async fn control(&self, method: Method, path: &str, body: &Value) -> Value {
        let url = format!("{}/_sandbox{path}", self.sandbox.url());
        let answer = self.client.request(method, url).json(body).send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.text().await.unwrap());
        answer.json().await.unwrap()
    }

    /// Sets the fault switches; webhooks stay dropped unless said otherwise.
    pub async fn faults(&self, mut faults: Value) {
        if faults["deliveries"].is_null() {
            faults["deliveries"] = json!({"drop": "all"});
        }
        self.control(Method::PUT, "/faults", &faults).await;
    }

    pub async fn no_faults(&self) {
        self.faults(json!({})).await;
    }

    pub async fn pay(&self, session: &str, card: &str) -> Value {
        self.control(Method::POST, &format!("/checkout/sessions/{session}/pay"), &json!({"card": card})).await
    }

    pub async fn paypal(&self, session: &str, outcome: &str) -> Value {
        let body = json!({"paymentMethod": "paypal", "outcome": outcome});
        self.control(Method::POST, &format!("/checkout/sessions/{session}/pay"), &body).await
    }

    /// Lets a delayed payment end as it was chosen.
    pub async fn settle(&self, session: &str) {
        let intent = self.session(session).await["payment_intent"].as_str().unwrap().to_owned();
        self.control(Method::POST, &format!("/payment_intents/{intent}/settle"), &json!({})).await;
    }

    /// Calls Stripe's API.
    pub async fn stripe(&self, method: Method, path: &str, form: &[(&str, &str)]) -> Value {
        let url = format!("{}/v1{path}", self.sandbox.url());
        let request = self.client.request(method.clone(), url).bearer_auth("sk_test_sandbox");
        let request = if method == Method::GET { request.query(form) } else { request.form(form) };
        request.send().await.unwrap().json().await.unwrap()
    }

    pub async fn session(&self, session: &str) -> Value {
        self.stripe(Method::GET, &format!("/checkout/sessions/{session}"), &[]).await
    }

    /// All Sessions, newest first.
    pub async fn sessions(&self) -> Vec<Value> {
        let list = self.stripe(Method::GET, "/checkout/sessions", &[("limit", "100")]).await;
        list["data"].as_array().unwrap().clone()
    }

    /// How often Stripe was asked this.
    pub async fn calls(&self, method: &str, path: &str) -> u64 {
        let calls =
            self.control(Method::GET, &format!("/calls?method={method}&path={path}"), &json!({})).await;
        calls["count"].as_u64().unwrap()
    }

    /// The idempotency keys of these calls, one for each.
    pub async fn keys_of(&self, method: &str, path: &str) -> Vec<String> {
        let calls =
            self.control(Method::GET, &format!("/calls?method={method}&path={path}"), &json!({})).await;
        let key = |call: &Value| call["idempotencyKey"].as_str().unwrap_or_default().to_owned();
        calls["calls"].as_array().unwrap().iter().map(key).collect()
    }

    /// The ids of all events there are.
    pub async fn event_ids(&self) -> Vec<String> {
        let list = self.control(Method::GET, "/events", &json!({})).await;
        let id = |event: &Value| event["id"].as_str().unwrap().to_owned();
        list["events"].as_array().unwrap().iter().map(id).collect()
    }

    /// What was asked for in the queries of these calls: one field of each.
    pub async fn asked_for(&self, path: &str, field: &str) -> Vec<String> {
        let calls = self.control(Method::GET, &format!("/calls?method=GET&path={path}"), &json!({})).await;
        let of = |call: &Value| {
            let url = reqwest::Url::parse(&format!("http://stripe/?{}", call["query"].as_str().unwrap()));
            let found = url.unwrap().query_pairs().find(|(name, _)| name == field)?.1.into_owned();
            Some(found)
        };
        calls["calls"].as_array().unwrap().iter().filter_map(of).collect()
    }

    pub async fn books(&self) -> Value {
        self.control(Method::GET, "/books", &json!({})).await
    }

    /// The events Stripe would have sent, oldest first, of one type or of all.
    pub async fn events(&self, kind: &str) -> Vec<Value> {
        let list = self.stripe(Method::GET, "/events", &[("limit", "100")]).await;
        let mut events = list["data"].as_array().unwrap().clone();
        events.reverse();
        events.retain(|event| kind.is_empty() || event["type"] == kind);
        events
    }

    /// Delivers an event as Stripe would have.
    pub async fn deliver(&self, event: &Value) -> Answer {
        self.webhook(&event.to_string()).await
    }

    /// Delivers the only event of this type.
    pub async fn deliver_only(&self, kind: &str) {
        let events = self.events(kind).await;
        assert_eq!(events.len(), 1, "{kind}");
        self.deliver(&events[0]).await.ok();
    }

    /// Delivers one event many times at once.
    pub async fn storm(&self, event: &Value, times: usize) -> Vec<Answer> {
        join_all((0..times).map(|_| self.deliver(event))).await
    }
}
