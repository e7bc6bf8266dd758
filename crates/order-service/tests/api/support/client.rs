//! A browser, more or less.

use reqwest::{Method, RequestBuilder};
use serde_json::Value;

/// Who calls: with cookies of its own, perhaps a bearer token, perhaps the CSRF token.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    base: String,
    bearer: Option<String>,
    csrf: Option<String>,
    order_token: Option<String>,
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub body: Value,
}

impl Answer {
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{:#}", self.body);
        self.body
    }

    /// The problem's code, after checking the status.
    #[track_caller]
    pub fn problem(&self, status: u16) -> String {
        assert_eq!(self.status, status, "{:#}", self.body);
        let kind = self.headers["content-type"].to_str().unwrap();
        assert_eq!(kind, "application/problem+json");
        assert_eq!(self.body["success"], false);
        self.body["code"].as_str().unwrap().to_owned()
    }

    /// The pointers of a 422.
    #[track_caller]
    pub fn pointers(&self) -> Vec<String> {
        assert_eq!(self.problem(422), "validation_failed");
        let errors = self.body["errors"].as_array().unwrap();
        errors.iter().map(|error| error["pointer"].as_str().unwrap().to_owned()).collect()
    }
}

impl Client {
    /// Nobody known, without a CSRF token.
    pub fn stranger(base: &str) -> Self {
        let http = reqwest::Client::builder().cookie_store(true).build().unwrap();
        Self { http, base: base.to_owned(), bearer: None, csrf: None, order_token: None }
    }

    /// A guest whose page fetched a CSRF token.
    pub async fn guest(base: &str) -> Self {
        let mut client = Self::stranger(base);
        let body = client.get("/api/csrf-token").await.expect(200);
        client.csrf = Some(body["csrfToken"].as_str().unwrap().to_owned());
        client
    }

    /// A caller with a bearer token.
    pub fn bearer(base: &str, token: impl Into<String>) -> Self {
        Self { bearer: Some(token.into()), ..Self::stranger(base) }
    }

    /// The same browser, showing an order token.
    pub fn with_order_token(&self, token: &str) -> Self {
        Self { order_token: Some(token.to_owned()), ..self.clone() }
    }

    /// The same browser without its CSRF header.
    pub fn without_csrf(&self) -> Self {
        Self { csrf: None, ..self.clone() }
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let mut request = self.http.request(method, format!("{}{path}", self.base));
        if let Some(token) = &self.bearer {
            request = request.bearer_auth(token);
        }
        if let Some(token) = &self.csrf {
            request = request.header("X-CSRF-Token", token);
        }
        if let Some(token) = &self.order_token {
            request = request.header("X-Order-Token", token);
        }
        request
    }

    pub async fn get(&self, path: &str) -> Answer {
        send(self.request(Method::GET, path)).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        send(self.request(Method::POST, path).json(body)).await
    }

    /// A POST without a body.
    pub async fn post_empty(&self, path: &str) -> Answer {
        send(self.request(Method::POST, path)).await
    }

    pub async fn put(&self, path: &str, body: &Value) -> Answer {
        send(self.request(Method::PUT, path).json(body)).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        send(self.request(Method::DELETE, path)).await
    }

    pub async fn checkout(&self, body: &Value) -> Answer {
        self.post("/api/orders/checkout", body).await
    }

    pub async fn checkout_with_key(&self, body: &Value, key: &str) -> Answer {
        let request = self.request(Method::POST, "/api/orders/checkout");
        send(request.header("Idempotency-Key", key).json(body)).await
    }
}

/// Sends what was put together by hand.
pub async fn send(request: RequestBuilder) -> Answer {
    let answer = request.send().await.unwrap();
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    let text = answer.text().await.unwrap();
    let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
    Answer { status, headers, body }
}
