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
use tracing::{Instrument, Span, field};
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
            // Shorter than the server's keep-alive: what it is about to close is not used any more.
            .pool_idle_timeout(Duration::from_secs(20))
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

    /// One call, its span and its line in the log.
    async fn send(&self, call: Call, request: RequestBuilder) -> Result<Purchase, PaymentsError> {
        let span = tracing::info_span!(
            "payment-service",
            otel.name = format!("payment-service {}", call.operation),
            otel.kind = "client",
            operation = call.operation,
            order_id = call.order.map(tracing::field::display),
            http.response.status_code = field::Empty,
        );
        async {
            let outcome = self.ask(request).await;
            report(&outcome);
            outcome
        }
        .instrument(span)
        .await
    }

    async fn ask(&self, request: RequestBuilder) -> Result<Purchase, PaymentsError> {
        let request = with_trace(request.bearer_auth(self.token.expose_secret()));
        let unreachable = |error: reqwest::Error| PaymentsError::Unreachable(error.without_url().into());
        let answer = request.send().await.map_err(unreachable)?;
        let status = answer.status();
        Span::current().record("http.response.status_code", status.as_u16());
        if status.is_success() {
            let body = answer.bytes().await.map_err(unreachable)?;
            return serde_json::from_slice(&body)
                .map_err(|error| PaymentsError::Unreachable(unreadable(&error)));
        }
        let problem = answer.json::<ProblemBody>().await.unwrap_or_default();
        Err(match (status, problem) {
            // Anything else between here and there may answer 404 too; only this is payment-service's word.
            (StatusCode::NOT_FOUND, ProblemBody { code }) if code == "not_found" => PaymentsError::NotFound,
            (_, ProblemBody { code }) if !code.is_empty() => PaymentsError::Problem { code },
            (status, _) => PaymentsError::Unreachable(anyhow::anyhow!("payment-service answered {status}")),
        })
    }
}

/// What is called, for the log.
#[derive(Debug, Clone, Copy)]
struct Call {
    operation: &'static str,
    order: Option<OrderId>,
}

impl Call {
    const fn about(operation: &'static str, order: OrderId) -> Self {
        Self { operation, order: Some(order) }
    }
}

/// The one line of a call. The newest payment is the one the call was about.
fn report(outcome: &Result<Purchase, PaymentsError>) {
    match outcome {
        Ok(purchase) => {
            let newest = purchase.newest().map(|payment| &payment.snapshot);
            tracing::info!(
                payment_id = newest.map(|payment| field::display(payment.payment_id)),
                payment_status = newest.map(|payment| payment.status.as_str()),
                outcome = purchase.outcome.map(field::debug),
                "payment-service called"
            );
        }
        Err(PaymentsError::NotFound) => tracing::info!(code = "not_found", "payment-service refused"),
        Err(PaymentsError::Problem { code }) => tracing::info!(code, "payment-service refused"),
        Err(error @ PaymentsError::Unreachable(_)) => {
            tracing::warn!(error = error as &dyn std::error::Error, "payment-service called in vain");
        }
    }
}

/// Without the parser's words, which quote what it stumbled over.
fn unreadable(error: &serde_json::Error) -> anyhow::Error {
    anyhow::anyhow!("its answer cannot be read: {:?} error at column {}", error.classify(), error.column())
}

/// What matters of a problem.
#[derive(Default, Deserialize)]
#[serde(default)]
struct ProblemBody {
    code: String,
}

#[async_trait]
impl Payments for HttpPayments {
    async fn ensure_session(&self, order: OrderId, body: &EnsureSession) -> Result<Purchase, PaymentsError> {
        let url = self.url(&format!("/{order}/session"))?;
        self.send(Call::about("ensure session", order), self.client.put(url).json(body)).await
    }

    async fn refresh(&self, order: OrderId) -> Result<Purchase, PaymentsError> {
        let url = self.url(&format!("/{order}/refresh"))?;
        self.send(Call::about("refresh", order), self.client.post(url).json(&serde_json::json!({}))).await
    }

    async fn close(&self, order: OrderId, generation: i64) -> Result<Purchase, PaymentsError> {
        let url = self.url(&format!("/{order}/close"))?;
        self.send(Call::about("close", order), self.client.post(url).json(&ClosePurchase { generation }))
            .await
    }

    async fn by_session(&self, session_id: &str) -> Result<Purchase, PaymentsError> {
        let url = self.url("")?;
        let call = Call { operation: "find by session", order: None };
        self.send(call, self.client.get(url).query(&[("sessionId", session_id)])).await
    }
}
