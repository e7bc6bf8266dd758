//! Calls to the service.

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use time::format_description::well_known::Rfc3339;
use uuid::Uuid;

use super::{SECRET, SERVICE_TOKEN, World, sign};

/// What the service answered.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub body: Value,
}

impl Answer {
    /// The body of a 200.
    #[track_caller]
    pub fn ok(self) -> Value {
        assert_eq!(self.status, 200, "{:#}", self.body);
        self.body
    }

    /// Status and stable code of a problem.
    pub fn problem(&self) -> (u16, &str) {
        (self.status, self.body["code"].as_str().unwrap_or("no problem"))
    }

    /// The pointers of a problem's errors.
    pub fn pointers(&self) -> Vec<&str> {
        self.body["errors"]
            .as_array()
            .unwrap()
            .iter()
            .map(|error| error["pointer"].as_str().unwrap())
            .collect()
    }
}

impl World {
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.url))
    }

    pub async fn send(&self, request: RequestBuilder) -> Answer {
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await.unwrap();
        Answer { status, headers, body: serde_json::from_str(&text).unwrap_or(Value::String(text)) }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(self.request(Method::POST, path).json(body)).await
    }

    /// As order-service calls.
    pub async fn internal(&self, method: Method, path: &str, body: &Value) -> Answer {
        let request =
            self.request(method.clone(), &format!("/internal/purchases{path}")).bearer_auth(SERVICE_TOKEN);
        self.send(if method == Method::GET { request } else { request.json(body) }).await
    }

    pub async fn checkout(&self, body: &Value) -> Answer {
        self.post("/api/payments/create-checkout-session", body).await
    }

    /// An order's ensure-session.
    pub async fn ensure(&self, order: &str, generation: i64) -> Answer {
        let body = self.ensure_body(generation);
        self.internal(Method::PUT, &format!("/{order}/session"), &body).await
    }

    pub fn ensure_body(&self, generation: i64) -> Value {
        use kernel::Clock;
        let hold = self.clock.now() + time::Duration::minutes(50);
        json!({
            "generation": generation, "userId": "user-1", "email": "jane.doe@example.com", "currency": "usd",
            "amount": 5998,
            "products": [{"productId": "cup", "name": "Cup", "quantity": 2, "price": 29.99, "unitAmount": 2999}],
            "successUrl": "https://shop.example/paid?session_id={CHECKOUT_SESSION_ID}",
            "cancelUrl": "https://shop.example/cart", "paymentMethodTypes": ["card", "paypal"],
            "holdUntil": hold.format(&Rfc3339).unwrap(),
        })
    }

    pub async fn refresh(&self, order: &str) -> Answer {
        self.internal(Method::POST, &format!("/{order}/refresh"), &json!({})).await
    }

    pub async fn close(&self, order: &str, generation: i64) -> Answer {
        self.internal(Method::POST, &format!("/{order}/close"), &json!({"generation": generation})).await
    }

    pub async fn purchase(&self, order: &str) -> Value {
        self.internal(Method::GET, &format!("/{order}"), &Value::Null).await.ok()
    }

    /// A webhook of this body, well signed.
    pub async fn webhook(&self, body: &str) -> Answer {
        use kernel::Clock;
        let header = sign(SECRET, self.clock.now(), body.as_bytes());
        self.signed_webhook(&[&header], body.as_bytes()).await
    }

    pub async fn signed_webhook(&self, signatures: &[&str], body: &[u8]) -> Answer {
        let request = self.request(Method::POST, "/api/payments/webhooks/stripe").body(body.to_vec());
        let request = request.header("Content-Type", "application/json");
        let request =
            signatures.iter().fold(request, |request, one| request.header("Stripe-Signature", *one));
        self.send(request).await
    }

    /// An order's id nobody has used.
    pub fn new_order(&self) -> String {
        let id = Uuid::from_bytes(kernel::random::bytes());
        id.to_string()
    }
}
