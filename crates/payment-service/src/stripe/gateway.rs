//! The port's implementation.

use std::sync::Arc;

use async_trait::async_trait;
use kernel::{Clock, PaymentId};
use serde_json::Value;
use time::OffsetDateTime;

use super::client::{Call, Client};
use super::object::{self, text};
use super::{WebhookSecrets, event, requests};
use crate::app::ports::{
    CallError, InvalidSignature, Prepared, RefundTerms, SeenRefund, SessionTerms, Stripe, StripeEvent,
    Unreadable,
};
use crate::domain::Observation;

/// Stripe itself, or a double that speaks like it.
#[derive(Debug)]
pub(crate) struct Gateway {
    client: Client,
    secrets: WebhookSecrets,
    clock: Arc<dyn Clock>,
}

impl Gateway {
    /// Stripe by `client`, whose webhooks are signed with one of `secrets`.
    pub(crate) const fn new(client: Client, secrets: WebhookSecrets, clock: Arc<dyn Clock>) -> Self {
        Self { client, secrets, clock }
    }

    async fn send(&self, operation: &'static str, request: &Prepared) -> Result<Value, CallError> {
        let call = Call {
            operation,
            method: &request.method,
            path: &request.path,
            body: request.body.as_deref(),
            idempotency_key: request.idempotency_key.as_deref(),
            version: &request.version,
        };
        self.client.send(call).await
    }

    async fn session_of(
        &self,
        operation: &'static str,
        request: &Prepared,
    ) -> Result<Observation, CallError> {
        let session = self.send(operation, request).await?;
        Ok(object::session(&session, self.clock.now()))
    }

    /// Reads a list page by page until `wanted` answers or the end.
    async fn find<T>(
        &self,
        operation: &'static str,
        page: impl Fn(Option<&str>) -> Prepared,
        mut wanted: impl FnMut(&Value) -> Option<T>,
    ) -> Result<Option<T>, CallError> {
        let mut after: Option<String> = None;
        loop {
            let list = self.send(operation, &page(after.as_deref())).await?;
            let data = list.get("data").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
            if let Some(found) = data.iter().find_map(&mut wanted) {
                return Ok(Some(found));
            }
            let has_more = list.get("has_more").and_then(Value::as_bool) == Some(true);
            after = data.last().and_then(|last| text(last, "id")).map(str::to_owned);
            if !has_more || after.is_none() {
                return Ok(None);
            }
        }
    }
}

#[async_trait]
impl Stripe for Gateway {
    fn verify(&self, headers: &[&[u8]], body: &[u8]) -> Result<(), InvalidSignature> {
        self.secrets.verify(headers, body, self.clock.now())
    }

    fn read_event(&self, payload: &str, received_at: OffsetDateTime) -> Result<StripeEvent, Unreadable> {
        event::read(payload, received_at)
    }

    fn prepare_session(&self, terms: &SessionTerms<'_>) -> Prepared {
        requests::create_session(terms)
    }

    fn prepare_refund(&self, terms: &RefundTerms<'_>) -> Prepared {
        requests::create_refund(terms)
    }

    async fn create_session(&self, request: &Prepared) -> Result<Observation, CallError> {
        self.session_of("create session", request).await
    }

    async fn session(&self, id: &str) -> Result<Observation, CallError> {
        self.session_of("read session", &requests::retrieve_session(id)).await
    }

    async fn expire_session(&self, id: &str) -> Result<Observation, CallError> {
        self.session_of("expire session", &requests::expire_session(id)).await
    }

    async fn find_session(
        &self,
        payment_id: PaymentId,
        since: OffsetDateTime,
    ) -> Result<Option<Observation>, CallError> {
        let now = self.clock.now();
        let ours = |session: &Value| {
            let seen = object::session(session, now);
            (seen.subject.payment_id == Some(payment_id)).then_some(seen)
        };
        self.find("list sessions", |after| requests::list_sessions(since, after), ours).await
    }

    async fn create_refund(&self, request: &Prepared) -> Result<SeenRefund, CallError> {
        let refund = self.send("create refund", request).await?;
        object::refund(&refund).ok_or(CallError::Unknown { replayed: false })
    }

    async fn refunds(&self, intent_id: &str) -> Result<Vec<SeenRefund>, CallError> {
        let mut refunds = Vec::new();
        let collect = |refund: &Value| {
            refunds.extend(object::refund(refund));
            None::<()>
        };
        self.find("list refunds", |after| requests::list_refunds(intent_id, after), collect).await?;
        Ok(refunds)
    }
}
