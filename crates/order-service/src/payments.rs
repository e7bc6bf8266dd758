//! payment-service's internal purchases API over HTTP.

use std::time::Duration;

use ::events::purchases::{ClosePurchase, EnsureSession, Purchase};
use anyhow::Context;
use async_trait::async_trait;
use kernel::OrderId;
use reqwest::{RequestBuilder, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use service_kit::telemetry::with_trace;
use url::Url;

use crate::app::ports::{Payments, PaymentsError};

/// The longest a customer waits for payment-service, which itself waits for Stripe.
const DEADLINE: Duration = Duration::from_secs(20);
const CONNECT_DEADLINE: Duration = Duration::from_secs(2);

/// Calls payment-service with the service token.
#[derive(Debug)]
pub(crate) struct HttpPayments {
    client: reqwest::Client,
    base: Url,
    token: SecretString,
}

impl HttpPayments {
    /// For payment-service at `base`.
    pub(crate) fn new(base: &Url, token: SecretString) -> anyhow::Result<Self> {
        let client = reqwest::Client::builder()
            .timeout(DEADLINE)
            .connect_timeout(CONNECT_DEADLINE)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .context("the HTTP client cannot be made")?;
        let mut base = base.clone();
        if !base.path().ends_with('/') {
            base.set_path(&format!("{}/", base.path()));
        }
        Ok(Self { client, base, token })
    }

    fn url(&self, path: &str) -> Result<Url, PaymentsError> {
        let joined = self.base.join(&format!("internal/purchases{path}"));
        joined.map_err(|error| PaymentsError::Unreachable(error.into()))
    }

    async fn send(&self, request: RequestBuilder) -> Result<Purchase, PaymentsError> {
        let request = with_trace(request.bearer_auth(self.token.expose_secret()));
        let unreachable = |error: reqwest::Error| PaymentsError::Unreachable(error.without_url().into());
        let answer = request.send().await.map_err(unreachable)?;
        let status = answer.status();
        if status.is_success() {
            return answer.json().await.map_err(unreachable);
        }
        let problem = answer.json::<ProblemBody>().await.unwrap_or_default();
        Err(match (status, problem) {
            (StatusCode::NOT_FOUND, _) => PaymentsError::NotFound,
            (_, ProblemBody { code, retryable }) if !code.is_empty() => {
                PaymentsError::Problem { code, retryable }
            }
            (status, _) => PaymentsError::Unreachable(anyhow::anyhow!("payment-service answered {status}")),
        })
    }
}

/// What matters of a problem.
#[derive(Default, Deserialize)]
#[serde(default)]
struct ProblemBody {
    code: String,
    retryable: bool,
}

#[async_trait]
impl Payments for HttpPayments {
    async fn ensure_session(&self, order: OrderId, body: &EnsureSession) -> Result<Purchase, PaymentsError> {
        let url = self.url(&format!("/{order}/session"))?;
        self.send(self.client.put(url).json(body)).await
    }

    async fn refresh(&self, order: OrderId) -> Result<Purchase, PaymentsError> {
        let url = self.url(&format!("/{order}/refresh"))?;
        self.send(self.client.post(url).json(&serde_json::json!({}))).await
    }

    async fn close(&self, order: OrderId, generation: i64) -> Result<Purchase, PaymentsError> {
        let url = self.url(&format!("/{order}/close"))?;
        self.send(self.client.post(url).json(&ClosePurchase { generation })).await
    }

    async fn by_session(&self, session_id: &str) -> Result<Purchase, PaymentsError> {
        let url = self.url("")?;
        self.send(self.client.get(url).query(&[("sessionId", session_id)])).await
    }
}
