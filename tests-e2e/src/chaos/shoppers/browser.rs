//! A customer's browser, which tries again what failed, as people do.

use std::time::Duration;

use reqwest::{Client, Method, RequestBuilder};
use serde_json::Value;
use test_support::http_client;
use tokio::time::{Instant, sleep};

use super::super::tally::Tally;

/// The pause before the next try: the shop says 1 or 5 seconds, people are less patient.
const AGAIN: Duration = Duration::from_millis(700);

/// What was answered.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub body: Value,
}

impl Answer {
    pub const fn is_good(&self) -> bool {
        self.status == 200 || self.status == 202
    }

    pub fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }

    /// Whether the same call may work later.
    fn may_pass(&self) -> bool {
        self.body["retryable"] == true && self.code() != "payment_processing"
    }
}

/// A call to make, perhaps more than once.
#[derive(Debug, Clone)]
pub struct Call<'a> {
    pub method: Method,
    pub url: String,
    pub body: Value,
    /// `X-Order-Token`.
    pub order_token: Option<&'a str>,
    /// `Idempotency-Key`.
    pub key: Option<&'a str>,
}

/// Cookies, and perhaps a login.
pub struct Browser {
    client: Client,
    pub jwt: Option<String>,
}

impl Browser {
    pub fn new(jwt: Option<String>) -> Self {
        Self { client: http_client(), jwt }
    }

    /// Calls until there is an answer that stays the same, or `until`; then the last one, if any.
    pub async fn insist(&self, call: &Call<'_>, csrf: &str, tally: &Tally, until: Instant) -> Option<Answer> {
        loop {
            let answer = self.call(call, csrf).await;
            match &answer {
                Some(answer) if answer.status >= 500 => {
                    tally.add(format!("5xx: {} {}", answer.status, answer.code()))
                }
                Some(_) => {}
                None => tally.add("no answer"),
            }
            let settled = answer.as_ref().is_some_and(|answer| !answer.may_pass());
            if settled || Instant::now() + AGAIN > until {
                return answer;
            }
            tally.add("tried again");
            sleep(AGAIN).await;
        }
    }

    /// Once. Nothing when the connection failed or took too long.
    pub async fn call(&self, call: &Call<'_>, csrf: &str) -> Option<Answer> {
        let mut request = self.client.request(call.method.clone(), &call.url);
        if !call.body.is_null() {
            request = request.json(&call.body);
        }
        if let Some(token) = call.order_token {
            request = request.header("X-Order-Token", token);
        }
        if let Some(key) = call.key {
            request = request.header("Idempotency-Key", key);
        }
        request = match &self.jwt {
            Some(jwt) => request.bearer_auth(jwt),
            None if call.method == Method::GET => request,
            None => self.with_csrf(request, csrf).await?,
        };
        let answer = request.send().await.ok()?;
        let status = answer.status().as_u16();
        Some(Answer { status, body: answer.json().await.ok()? })
    }

    async fn with_csrf(&self, request: RequestBuilder, csrf: &str) -> Option<RequestBuilder> {
        let answer = self.client.get(csrf).send().await.ok()?;
        let body: Value = answer.json().await.ok()?;
        Some(request.header("X-CSRF-Token", body["csrfToken"].as_str()?))
    }
}
