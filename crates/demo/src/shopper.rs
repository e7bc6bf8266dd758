//! A customer's browser: cookies, the CSRF token, and one printed line per call.

use std::time::Duration;

use anyhow::Context;
use reqwest::Method;
use serde_json::{Value, json};

use crate::parts::Addresses;
use crate::timeline::{Mark, Timeline};

const PATIENCE: Duration = Duration::from_secs(20);

/// An answer.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// `null` when it was no JSON.
    pub(crate) body: Value,
}

impl Answer {
    /// The text of a field; empty if it is none.
    pub(crate) fn text(&self, pointer: &str) -> &str {
        self.body.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
    }

    /// `Ok` for a status of success, else what was answered instead.
    pub(crate) fn ok(&self) -> Result<(), String> {
        if (200..300).contains(&self.status) {
            return Ok(());
        }
        Err(format!("{} {}", self.status, self.text("/detail")))
    }
}

/// One customer, or somebody at the sandbox's switches.
#[derive(Debug, Clone)]
pub(crate) struct Shopper {
    http: reqwest::Client,
    pub(crate) addresses: Addresses,
    timeline: Option<Timeline>,
}

impl Shopper {
    /// With an empty cookie jar; calls are printed on `timeline`.
    ///
    /// # Errors
    /// When the HTTP client cannot be built.
    pub(crate) fn new(addresses: &Addresses, timeline: Option<&Timeline>) -> anyhow::Result<Self> {
        let http = reqwest::Client::builder()
            .cookie_store(true)
            .redirect(reqwest::redirect::Policy::none())
            .timeout(PATIENCE)
            .build()?;
        Ok(Self { http, addresses: addresses.clone(), timeline: timeline.cloned() })
    }

    /// The catalogue.
    ///
    /// # Errors
    /// When nothing answers.
    pub(crate) async fn products(&self) -> anyhow::Result<Vec<Value>> {
        let url = format!("{}/api/products", self.addresses.order);
        let answer = self.call(Method::GET, &url, None, None).await?;
        Ok(answer.body["data"].as_array().cloned().unwrap_or_default())
    }

    /// `POST /api/orders/checkout` as a guest.
    ///
    /// # Errors
    /// When nothing answers.
    pub(crate) async fn checkout(&self, email: &str, product: &str, quantity: u32) -> anyhow::Result<Answer> {
        let body = json!({
            "items": [{ "productId": product, "quantity": quantity }],
            "guest": { "email": email, "firstName": "Ada", "lastName": "Guest" },
            "shippingAddress": {
                "firstName": "Ada", "lastName": "Guest", "line1": "12 Analytical Row", "city": "London",
                "postalCode": "N1 7AA", "country": "GB",
            },
            "paymentMethod": "card",
        });
        self.post("/api/orders/checkout", body, None).await
    }

    /// A state-changing call of order-service, with a fresh CSRF token.
    ///
    /// # Errors
    /// When nothing answers.
    pub(crate) async fn post(&self, path: &str, body: Value, token: Option<&str>) -> anyhow::Result<Answer> {
        let csrf = self.quietly().call(Method::GET, &self.order_url("/api/csrf-token"), None, None).await?;
        let csrf = csrf.text("/csrfToken").to_owned();
        let mut headers = vec![("X-CSRF-Token", csrf)];
        headers.extend(token.map(|token| ("X-Order-Token", token.to_owned())));
        self.send(Method::POST, &self.order_url(path), Some(body), &headers).await
    }

    /// `GET /api/orders/{id}` without a line: it is asked again and again.
    ///
    /// # Errors
    /// When nothing answers.
    pub(crate) async fn order(&self, id: &str, token: &str) -> anyhow::Result<Answer> {
        let url = self.order_url(&format!("/api/orders/{id}"));
        self.quietly().call(Method::GET, &url, None, Some(token)).await
    }

    /// Pays on the hosted page with a card, as its form would.
    ///
    /// # Errors
    /// When nothing answers.
    pub(crate) async fn pay(&self, session: &str, card: &str) -> anyhow::Result<Answer> {
        let url = format!("{}/_sandbox/checkout/sessions/{session}/pay", self.addresses.sandbox);
        self.call(Method::POST, &url, Some(json!({ "card": card })), None).await
    }

    /// Sets the sandbox's fault switches for deliveries.
    ///
    /// # Errors
    /// When nothing answers.
    pub(crate) async fn set_deliveries(&self, switches: Value) -> anyhow::Result<Answer> {
        let url = format!("{}/_sandbox/faults", self.addresses.sandbox);
        self.call(Method::PUT, &url, Some(json!({ "deliveries": switches })), None).await
    }

    /// Asks the sandbox something without a line.
    ///
    /// # Errors
    /// When nothing answers.
    pub(crate) async fn ask_sandbox(&self, path: &str) -> anyhow::Result<Answer> {
        let url = format!("{}{path}", self.addresses.sandbox);
        let bearer = format!("Bearer {}", self.addresses.stripe_key);
        self.quietly().send(Method::GET, &url, None, &[("Authorization", bearer)]).await
    }

    fn order_url(&self, path: &str) -> String {
        format!("{}{path}", self.addresses.order)
    }

    fn quietly(&self) -> Self {
        Self { timeline: None, ..self.clone() }
    }

    async fn call(
        &self,
        method: Method,
        url: &str,
        body: Option<Value>,
        token: Option<&str>,
    ) -> anyhow::Result<Answer> {
        let headers: Vec<_> = token.map(|token| ("X-Order-Token", token.to_owned())).into_iter().collect();
        self.send(method, url, body, &headers).await
    }

    async fn send(
        &self,
        method: Method,
        url: &str,
        body: Option<Value>,
        headers: &[(&str, String)],
    ) -> anyhow::Result<Answer> {
        let mut request = self.http.request(method.clone(), url);
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        let response = request.send().await.with_context(|| format!("{method} {url} is not answered"))?;
        let status = response.status().as_u16();
        let bytes = response.bytes().await.with_context(|| format!("{method} {url} breaks off"))?;
        let answer = Answer { status, body: serde_json::from_slice(&bytes).unwrap_or_default() };
        if let Some(timeline) = &self.timeline {
            timeline.tell(Mark::Call, self.line(timeline, &method, url, &answer));
        }
        Ok(answer)
    }

    fn line(&self, timeline: &Timeline, method: &Method, url: &str, answer: &Answer) -> String {
        let at = [(&self.addresses.order, "order-service"), (&self.addresses.sandbox, "Stripe sandbox")];
        let found = at.iter().find_map(|(base, name)| Some((*name, url.strip_prefix(base.as_str())?)));
        let (host, path) = found.unwrap_or(("", url));
        let colour = if answer.ok().is_ok() { "32" } else { "31" };
        let status = timeline.paint(colour, &answer.status.to_string());
        format!("{method} {}  {}  {status}", shortened(path), timeline.paint("2", host))
    }
}

/// The path with its long ids cut, so that the line fits a terminal.
fn shortened(path: &str) -> String {
    let parts = path.split('/').map(|part| {
        if part.chars().count() > 20 {
            let head: String = part.chars().take(8).collect();
            let tail: String = part.chars().rev().take(6).collect::<Vec<_>>().into_iter().rev().collect();
            format!("{head}…{tail}")
        } else {
            part.to_owned()
        }
    });
    parts.collect::<Vec<_>>().join("/")
}
