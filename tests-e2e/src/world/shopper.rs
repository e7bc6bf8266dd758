//! A customer's frontend: what it sends and reads, by the public API alone.

use std::time::Duration;

use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use test_support::{eventually, http_client, unique};

use super::SOON;
use super::sandbox::text;

/// A customer with a browser (cookies) of their own.
pub struct Shopper {
    base: String,
    client: Client,
    /// Signed in by a bearer token.
    token: Option<String>,
    /// Nobody else's: the same cart of the same buyer within a minute is the same order.
    pub email: String,
}

/// What checkout and retry-session answered.
#[derive(Debug, Clone)]
pub struct Checkout {
    pub order: String,
    pub session: String,
    /// Only for guests.
    pub token: Option<String>,
    pub body: Value,
}

impl Checkout {
    /// From the answer of a call.
    pub fn read(body: Value) -> Self {
        Self {
            order: text(&body["orderId"]),
            session: text(&body["sessionId"]),
            token: body["orderToken"].as_str().map(str::to_owned),
            body,
        }
    }
}

impl Shopper {
    pub fn guest(base: String) -> Self {
        Self { base, client: http_client(), token: None, email: format!("{}@example.com", unique("guest-")) }
    }

    pub fn user(base: String, id: &str, token: &str) -> Self {
        Self {
            base,
            client: http_client(),
            token: Some(token.to_owned()),
            email: format!("{id}@example.com"),
        }
    }

    /// The same customer, by way of another replica.
    pub fn at(&self, base: String) -> Self {
        Self { base, client: http_client(), token: self.token.clone(), email: self.email.clone() }
    }

    /// The same customer, who waits longer than the services do.
    pub fn patient(&self) -> Self {
        let client = Client::builder().cookie_store(true).timeout(Duration::from_secs(60)).build().unwrap();
        Self { base: self.base.clone(), client, token: self.token.clone(), email: self.email.clone() }
    }

    /// Checks out a cart of (product, quantity).
    pub async fn checkout(&self, items: &[(&str, u32)]) -> Checkout {
        self.checkout_by("card", items).await
    }

    pub async fn checkout_by(&self, method: &str, items: &[(&str, u32)]) -> Checkout {
        let (status, body) = self.try_checkout(method, items).await;
        assert_eq!(status, 200, "{body}");
        Checkout::read(body)
    }

    pub async fn try_checkout(&self, method: &str, items: &[(&str, u32)]) -> (StatusCode, Value) {
        self.call(Method::POST, "/api/orders/checkout", &self.cart(method, items), None).await
    }

    /// A checkout under an idempotency key, at a shop that may end before it answers.
    pub async fn checkout_under(
        &self,
        key: &str,
        items: &[(&str, u32)],
    ) -> reqwest::Result<(StatusCode, Value)> {
        let headers = [("Idempotency-Key", key)];
        self.send(Method::POST, "/api/orders/checkout", &self.cart("card", items), &headers).await
    }

    fn cart(&self, method: &str, items: &[(&str, u32)]) -> Value {
        let items: Vec<Value> =
            items.iter().map(|(id, quantity)| json!({ "productId": id, "quantity": quantity })).collect();
        let mut cart = json!({
            "items": items,
            "shippingAddress": {
                "firstName": "Ada", "lastName": "Byron", "line1": "12 St James's Square", "city": "London",
                "postalCode": "SW1Y 4JH", "country": "GB",
            },
            "paymentMethod": method,
            "successUrl": "http://localhost:3000/paid", "cancelUrl": "http://localhost:3000/cart",
        });
        if self.token.is_none() {
            cart["guest"] = json!({ "email": self.email, "firstName": "Ada", "lastName": "Byron" });
        }
        cart
    }

    /// A fresh Session for the order, as from its page.
    pub async fn retry(&self, checkout: &Checkout) -> Checkout {
        let (status, body) = self.try_retry(checkout).await;
        assert_eq!(status, 200, "{body}");
        Checkout::read(body)
    }

    pub async fn try_retry(&self, checkout: &Checkout) -> (StatusCode, Value) {
        let path = format!("/api/orders/{}/retry-session", checkout.order);
        self.call(Method::POST, &path, &Value::Null, checkout.token.as_deref()).await
    }

    pub async fn cancel(&self, checkout: &Checkout) -> (StatusCode, Value) {
        self.try_cancel(checkout).await.unwrap()
    }

    /// The same, at a shop that may end before it answers.
    pub async fn try_cancel(&self, checkout: &Checkout) -> reqwest::Result<(StatusCode, Value)> {
        let path = format!("/api/orders/{}/cancel", checkout.order);
        self.send(Method::POST, &path, &Value::Null, &order_token(checkout.token.as_deref())).await
    }

    /// What the success page asks.
    pub async fn verify(&self, session: &str) -> Value {
        let (status, body) = self.try_verify(session).await;
        assert_eq!(status, 200, "{body}");
        body
    }

    pub async fn try_verify(&self, session: &str) -> (StatusCode, Value) {
        let body = json!({ "sessionId": session });
        self.call(Method::POST, "/api/orders/verify", &body, None).await
    }

    pub async fn order(&self, checkout: &Checkout) -> Value {
        let path = format!("/api/orders/{}", checkout.order);
        let (status, body) = self.call(Method::GET, &path, &Value::Null, checkout.token.as_deref()).await;
        assert_eq!(status, 200, "{body}");
        body
    }

    /// What anybody sees who knows the Session's id.
    pub async fn by_session(&self, session: &str) -> (StatusCode, Value) {
        self.get(&format!("/api/orders/by-session/{session}")).await
    }

    /// Waits until the order is in this state; the order.
    pub async fn sees(&self, checkout: &Checkout, status: &str, payment_status: &str) -> Value {
        eventually(SOON, format!("order {status}, payment {payment_status}"), async || {
            let order = self.order(checkout).await;
            let is = order["status"] == status && order["paymentStatus"] == payment_status;
            if is { Ok(order) } else { Err(format!("{} / {}", order["status"], order["paymentStatus"])) }
        })
        .await
    }

    /// Units of a product that can be bought now.
    pub async fn available(&self, product: &str) -> i64 {
        let products = self.products().await;
        let found = products.iter().find(|one| one["id"] == product).unwrap();
        found["available"].as_i64().unwrap()
    }

    pub async fn products(&self) -> Vec<Value> {
        let (status, body) = self.get("/api/products?limit=100").await;
        assert_eq!(status, 200, "{body}");
        body["data"].as_array().unwrap().clone()
    }

    pub async fn get(&self, path: &str) -> (StatusCode, Value) {
        self.call(Method::GET, path, &Value::Null, None).await
    }

    /// Any call as this customer: signed in by bearer, else with the CSRF token and cookie; `null` is no body.
    pub async fn call(
        &self,
        method: Method,
        path: &str,
        body: &Value,
        order: Option<&str>,
    ) -> (StatusCode, Value) {
        self.send(method, path, body, &order_token(order)).await.unwrap()
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        body: &Value,
        headers: &[(&str, &str)],
    ) -> reqwest::Result<(StatusCode, Value)> {
        let mut request = self.client.request(method.clone(), format!("{}{path}", self.base));
        if !body.is_null() {
            request = request.json(body);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request = match &self.token {
            Some(token) => request.bearer_auth(token),
            None if method == Method::GET => request,
            None => self.with_csrf(request).await,
        };
        let answer = request.send().await?;
        Ok((answer.status(), answer.json().await.unwrap_or_default()))
    }

    async fn with_csrf(&self, request: RequestBuilder) -> RequestBuilder {
        let answer = self.client.get(format!("{}/api/csrf-token", self.base)).send().await.unwrap();
        let body: Value = answer.json().await.unwrap();
        request.header("X-CSRF-Token", text(&body["csrfToken"]))
    }
}

fn order_token(token: Option<&str>) -> Vec<(&str, &str)> {
    token.map(|token| ("X-Order-Token", token)).into_iter().collect()
}
