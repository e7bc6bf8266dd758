//! The port's implementation.

use std::sync::Arc;

use async_trait::async_trait;
use kernel::{Clock, PaymentId};
use serde_json::Value;
use time::OffsetDateTime;

use super::client::{Call, Client};
use super::object::{self, text};
use super::{WebhookSecrets, event, memory, requests};
use crate::app::ports::{
    AT_ONCE, CallError, InvalidSignature, ListedEvent, ListedSession, Prepared, RefundTerms, SessionTerms,
    Stripe, StripeEvent, Unreadable, Window,
};
use crate::domain::{Item, Observation, Refund};

/// An answer that cannot be read proves nothing about what was done.
const UNREADABLE: CallError = CallError::Unknown { replayed: false };

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
        let seen = object::session(&session, self.clock.now());
        if seen.subject.session_id.is_none() {
            tracing::error!(operation, "Stripe answered no session");
            return Err(UNREADABLE);
        }
        Ok(seen)
    }

    /// Reads a list page by page until `wanted` answers or the end. That nothing was found is a proof: every page has
    /// to be a list, and every object in it one.
    async fn find<T>(
        &self,
        operation: &'static str,
        page: impl Fn(Option<&str>) -> Prepared,
        mut wanted: impl FnMut(&Value) -> Result<Option<T>, CallError>,
    ) -> Result<Option<T>, CallError> {
        let mut after: Option<String> = None;
        loop {
            let list = self.send(operation, &page(after.as_deref())).await?;
            let data = list.get("data").and_then(Value::as_array);
            let has_more = list.get("has_more").and_then(Value::as_bool);
            let (Some(data), Some(has_more)) = (data, has_more) else {
                tracing::error!(operation, "Stripe answered no list");
                return Err(UNREADABLE);
            };
            for object in data {
                if let Some(found) = wanted(object)? {
                    return Ok(Some(found));
                }
            }
            if !has_more {
                return Ok(None);
            }
            after = Some(data.last().and_then(|last| text(last, "id")).ok_or(UNREADABLE)?.to_owned());
        }
    }
}

impl Gateway {
    /// All objects of a time, oldest first. `None`: more than [`AT_ONCE`], of a time that can be cut.
    async fn all_of<T>(
        &self,
        operation: &'static str,
        window: Window,
        page: impl Fn(Option<&str>) -> Prepared,
        read: impl Fn(&Value) -> T,
    ) -> Result<Option<Vec<T>>, CallError> {
        let mut all = Vec::new();
        let collect = |object: &Value| {
            if all.len() == AT_ONCE && window.can_be_cut() {
                return Ok(Some(()));
            }
            all.push(read(object));
            Ok(None)
        };
        if self.find(operation, page, collect).await?.is_some() {
            return Ok(None);
        }
        all.reverse();
        Ok(Some(all))
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
            let named = seen.subject.session_id.is_some();
            if named {
                Ok((seen.subject.payment_id == Some(payment_id)).then_some(seen))
            } else {
                Err(UNREADABLE)
            }
        };
        self.find("list sessions", |after| requests::list_sessions(since, after), ours).await
    }

    async fn create_refund(&self, request: &Prepared) -> Result<Refund, CallError> {
        let refund = self.send("create refund", request).await?;
        object::refund(&refund).ok_or(UNREADABLE)
    }

    async fn refunds(&self, intent_id: &str) -> Result<Vec<Refund>, CallError> {
        let mut refunds = Vec::new();
        let collect = |refund: &Value| {
            refunds.push(object::refund(refund).ok_or(UNREADABLE)?);
            Ok(None::<()>)
        };
        self.find("list refunds", |after| requests::list_refunds(intent_id, after), collect).await?;
        Ok(refunds)
    }

    async fn events(&self, window: Window, undelivered: bool) -> Result<Option<Vec<ListedEvent>>, CallError> {
        let now = self.clock.now();
        let read = |event: &Value| {
            let payload = event.to_string();
            let id = text(event, "id").unwrap_or_default().to_owned();
            ListedEvent { id, read: event::read(&payload, now), payload }
        };
        let page = |after: Option<&str>| requests::list_events(window, undelivered, after);
        self.all_of("list events", window, page, read).await
    }

    async fn sessions(&self, window: Window) -> Result<Option<Vec<ListedSession>>, CallError> {
        let now = self.clock.now();
        let read = |session: &Value| ListedSession {
            seen: object::session(session, now),
            created_at: object::time(session, "created"),
            memory: memory::read(session),
        };
        let page = |after: Option<&str>| requests::list_sessions_of(window, after);
        self.all_of("list sessions", window, page, read).await
    }

    async fn items(&self, session_id: &str) -> Result<Vec<Item>, CallError> {
        let mut items = Vec::new();
        let collect = |line: &Value| {
            items.push(memory::item(line).ok_or(UNREADABLE)?);
            Ok(None::<()>)
        };
        self.find("list items", |after| requests::list_items(session_id, after), collect).await?;
        Ok(items)
    }
}
