//! HTTP to Stripe: keep-alive, a deadline over all tries of a call, our own idempotency keys, retries that reuse
//! them, `Request-Id` in the logs.

use std::time::Duration;

use reqwest::{Method, RequestBuilder, Response};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use tokio::time::{Instant, sleep};
use tracing::{Instrument, Span};

use super::breaker::Breaker;
use super::outcome::{Answer, Next, judge};
use crate::app::ports::CallError;

const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// A try with less time than this would only make an outcome unknown that is known.
const SHORTEST_TRY: Duration = Duration::from_millis(100);

/// How Stripe is reached.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    /// `https://api.stripe.com`, or a double's address; no slash at the end.
    pub(crate) base: String,
    /// `sk_…` or `rk_…`.
    pub(crate) secret_key: SecretString,
    /// For all tries of one call together.
    pub(crate) deadline: Duration,
}

/// Calls Stripe.
#[derive(Debug)]
pub(crate) struct Client {
    http: reqwest::Client,
    settings: Settings,
    breaker: Breaker,
}

/// One call, as it is or will be stored: the same bytes every time it is sent.
#[derive(Debug, Clone, Copy)]
pub(super) struct Call<'a> {
    /// What it does, for logs: paths hold ids.
    pub(super) operation: &'static str,
    pub(super) method: &'a str,
    /// From `/v1` on, with the query.
    pub(super) path: &'a str,
    /// Form-encoded.
    pub(super) body: Option<&'a str>,
    pub(super) idempotency_key: Option<&'a str>,
    /// `Stripe-Version`.
    pub(super) version: &'a str,
}

impl Client {
    /// A client with its own pool of connections.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub(crate) fn new(settings: Settings) -> Result<Self, reqwest::Error> {
        let http = reqwest::Client::builder()
            .user_agent(concat!("tender-payment-service/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(settings.deadline.min(Duration::from_secs(5)))
            .build()?;
        Ok(Self { http, breaker: Breaker::new(settings.deadline / 2), settings })
    }

    /// Sends `call` until it is answered for good or the deadline has passed.
    ///
    /// # Errors
    /// What is known about the call's effect.
    pub(super) async fn send(&self, call: Call<'_>) -> Result<Value, CallError> {
        let span = tracing::info_span!(
            "stripe.call",
            otel.kind = "client",
            operation = call.operation,
            http.response.status_code = tracing::field::Empty,
            stripe.request_id = tracing::field::Empty,
            stripe.tries = tracing::field::Empty,
        );
        async {
            if !self.breaker.admits() {
                tracing::debug!("not called: Stripe does not answer at the moment");
                return Err(CallError::NotDone);
            }
            let outcome = self.attempts(call).await;
            report(call.operation, &outcome);
            outcome
        }
        .instrument(span)
        .await
    }

    async fn attempts(&self, call: Call<'_>) -> Result<Value, CallError> {
        let end = Instant::now() + self.settings.deadline;
        let mut pause = FIRST_PAUSE;
        // A read has no effect to be unsure about.
        let mut maybe_done = false;
        for tries in 1_u32.. {
            Span::current().record("stripe.tries", tries);
            match self.attempt(call, end, maybe_done).await {
                Next::Done(value) => {
                    self.breaker.answered();
                    return Ok(value);
                }
                Next::Stop(error) => {
                    self.breaker.answered();
                    return Err(error);
                }
                Next::Again { maybe_done: this } => maybe_done |= this,
            }
            let wait = jittered(pause);
            if Instant::now() + wait + SHORTEST_TRY >= end {
                break;
            }
            sleep(wait).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
        self.breaker.failed();
        Err(if maybe_done { CallError::Unknown { replayed: false } } else { CallError::NotDone })
    }

    async fn attempt(&self, call: Call<'_>, end: Instant, maybe_done: bool) -> Next {
        let left = end.saturating_duration_since(Instant::now());
        let sent = tokio::time::timeout(left, async {
            let response = self.request(call).send().await?;
            answer(response).await
        });
        match sent.await {
            Ok(Ok(answer)) => judge(answer, maybe_done),
            Ok(Err(error)) => {
                // Without the URL, which may carry an id.
                let error = error.without_url();
                tracing::warn!(error = &error as &dyn std::error::Error, "Stripe was not reached");
                Next::Again { maybe_done: !error.is_connect() }
            }
            Err(_) => {
                tracing::warn!("Stripe did not answer in time");
                Next::Again { maybe_done: true }
            }
        }
    }

    fn request(&self, call: Call<'_>) -> RequestBuilder {
        let method = Method::from_bytes(call.method.as_bytes()).unwrap_or(Method::POST);
        let url = format!("{}{}", self.settings.base, call.path);
        let mut request = self
            .http
            .request(method, url)
            .bearer_auth(self.settings.secret_key.expose_secret())
            .header("Stripe-Version", call.version);
        if let Some(key) = call.idempotency_key {
            request = request.header("Idempotency-Key", key);
        }
        if let Some(body) = call.body {
            request =
                request.header("Content-Type", "application/x-www-form-urlencoded").body(body.to_owned());
        }
        request
    }
}

async fn answer(response: Response) -> Result<Answer, reqwest::Error> {
    let header = |name| response.headers().get(name).and_then(|value| value.to_str().ok());
    let status = response.status();
    let flag = |name| header(name).and_then(|value| value.parse::<bool>().ok());
    let (should_retry, replayed) = (flag("stripe-should-retry"), flag("idempotent-replayed") == Some(true));
    Span::current().record("http.response.status_code", status.as_u16());
    let request_id = header("request-id").unwrap_or_default().to_owned();
    Span::current().record("stripe.request_id", &request_id);
    let bytes = response.bytes().await?;
    let body = serde_json::from_slice(&bytes).ok();
    tracing::debug!(status = status.as_u16(), request_id, replayed, "Stripe answered");
    Ok(Answer { status, should_retry, replayed, body })
}

/// One line per call; the span has Stripe's request id and how often it was tried.
fn report(operation: &str, outcome: &Result<Value, CallError>) {
    match outcome {
        Ok(_) => tracing::info!(operation, "Stripe called"),
        Err(CallError::Refused(refusal)) => {
            tracing::info!(operation, status = refusal.status, code = refusal.code, "Stripe refused");
        }
        Err(error) => tracing::warn!(operation, %error, "Stripe called in vain"),
    }
}

/// Half of `pause` and up to as much again, so that many callers do not come back at once.
fn jittered(pause: Duration) -> Duration {
    let [random] = kernel::random::bytes::<1>();
    pause / 2 + pause / 2 * u32::from(random) / 255
}
