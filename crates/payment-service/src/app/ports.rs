//! What the use cases need of Stripe. The only outside they reach.

use std::collections::BTreeMap;

use async_trait::async_trait;
use kernel::{PaymentId, RefundRequestId};
use time::OffsetDateTime;

use crate::domain::{Item, Kind, Observation, Purchase, Redirects, Refund};

/// A request as it is sent, every time the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Prepared {
    /// For what has an effect that must not happen twice.
    pub(crate) idempotency_key: Option<String>,
    /// `POST` or `GET`.
    pub(crate) method: String,
    /// From `/v1` on, with the query.
    pub(crate) path: String,
    /// Form-encoded.
    pub(crate) body: Option<String>,
    /// The API version it was made for.
    pub(crate) version: String,
}

/// The Session to make for a payment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SessionTerms<'a> {
    /// What is paid.
    pub(crate) purchase: &'a Purchase,
    /// The attempt, whose id goes into the metadata.
    pub(crate) payment_id: PaymentId,
    /// Its number.
    pub(crate) attempt: u32,
    /// When the Session ends by itself.
    pub(crate) expires_at: OffsetDateTime,
}

/// The refund to make.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RefundTerms<'a> {
    /// Of which payment.
    pub(crate) payment_id: PaymentId,
    /// `pi_…`
    pub(crate) intent_id: &'a str,
    /// Asked for by.
    pub(crate) request_id: RefundRequestId,
    /// Why, in order-service's word.
    pub(crate) reason: &'a str,
    /// Minor units.
    pub(crate) amount: i64,
    /// 1 for the first; grows only after it is proven that the one before had no effect.
    pub(crate) round: u32,
}

/// Why a call to Stripe brought no answer, by what is known about its effect.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CallError {
    /// Stripe said no; it had no effect and never will.
    #[error("Stripe refused: {} {}", .0.status, .0.code)]
    Refused(Refusal),
    /// It had no effect, and may work later.
    #[error("Stripe is not available")]
    NotDone,
    /// It may have had its effect.
    #[error("what became of the call to Stripe is not known")]
    Unknown {
        /// Stripe has stored a failure for this key: sending it again tells nothing new.
        replayed: bool,
    },
}

/// What Stripe refused for. Never shown outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// The HTTP status.
    pub(crate) status: u16,
    /// Stripe's `code`, else its `type`.
    pub(crate) code: String,
    /// The parameter at fault, if named.
    pub(crate) param: String,
}

/// Why a webhook's body is not to be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum InvalidSignature {
    /// No header.
    #[error("no signature")]
    Missing,
    /// Not a header as Stripe writes it.
    #[error("a malformed signature header")]
    Malformed,
    /// Signed by somebody else, or the body was changed.
    #[error("no signature fits")]
    Mismatch,
    /// Signed by Stripe, at another time: an old recording, or a clock is wrong.
    #[error("signed too long ago or in the future")]
    Stale,
}

/// Why a signed body is no event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unreadable {
    /// Not JSON.
    #[error("not JSON")]
    NotJson,
    /// No id or no type.
    #[error("no id or type")]
    NoIdOrType,
    /// An event that carries ids only.
    #[error("a thin event")]
    Thin,
}

/// One event of Stripe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StripeEvent {
    /// `evt_…`
    pub(crate) id: String,
    /// Its type.
    pub(crate) kind: String,
    /// Real money or test, if it says.
    pub(crate) livemode: Option<bool>,
    /// The API version it was written in.
    pub(crate) api_version: Option<String>,
    /// What it says.
    pub(crate) tidings: Tidings,
}

/// What an event says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Tidings {
    /// Nothing we act on.
    Unknown,
    /// Something about a payment.
    About(Observation),
    /// Something about a payment's refunds, which have to be asked for.
    RefundsMissing(Observation),
}

/// A stretch of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Window {
    /// Its first moment.
    pub(crate) from: OffsetDateTime,
    /// The first moment after it.
    pub(crate) until: OffsetDateTime,
}

/// The most objects of a time that are held in memory at once.
pub(crate) const AT_ONCE: usize = 1_000;

impl Window {
    /// Whether it is longer than a second, as Stripe counts.
    pub(crate) const fn can_be_cut(self) -> bool {
        self.until.unix_timestamp() - self.from.unix_timestamp() > 1
    }
}

/// An event as Stripe lists it.
#[derive(Debug, Clone)]
pub(crate) struct ListedEvent {
    /// `evt_…`, as far as it has one.
    pub(crate) id: String,
    /// What a webhook's body would be.
    pub(crate) payload: String,
    /// What it says.
    pub(crate) read: Result<StripeEvent, Unreadable>,
}

/// A Session as Stripe lists it, with everything about its money.
#[derive(Debug, Clone)]
pub(crate) struct ListedSession {
    /// What it says of its payment.
    pub(crate) seen: Observation,
    /// When it was made.
    pub(crate) created_at: Option<OffsetDateTime>,
    /// What is written on it of our purchase. `None`: it is not one of ours.
    pub(crate) memory: Option<Memory>,
}

/// What a Session remembers of the purchase it was made for, should we have lost it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Memory {
    /// The purchase's id.
    pub(crate) purchase_id: String,
    /// What it stands for.
    pub(crate) kind: Kind,
    /// Which attempt it is.
    pub(crate) attempt: u32,
    /// The generation the attempt was begun in.
    pub(crate) generation: i64,
    /// The buyer's id, or `guest`. Absent on Sessions of older versions, and where it was too long.
    pub(crate) user_id: Option<String>,
    /// The address we gave.
    pub(crate) email: Option<String>,
    /// Where the customer is sent.
    pub(crate) redirects: Redirects,
    /// Stripe's words.
    pub(crate) payment_method_types: Vec<String>,
    /// The caller's own pairs.
    pub(crate) metadata: BTreeMap<String, String>,
}

/// Stripe.
#[async_trait]
pub(crate) trait Stripe: std::fmt::Debug + Send + Sync {
    /// Whether a webhook's raw body was signed with one of our secrets, within the tolerance.
    fn verify(&self, headers: &[&[u8]], body: &[u8]) -> Result<(), InvalidSignature>;

    /// Reads a webhook's body.
    fn read_event(&self, payload: &str, received_at: OffsetDateTime) -> Result<StripeEvent, Unreadable>;

    /// The request that makes a Session, to be stored before it is sent.
    fn prepare_session(&self, terms: &SessionTerms<'_>) -> Prepared;

    /// The request that makes a refund, to be stored before it is sent.
    fn prepare_refund(&self, terms: &RefundTerms<'_>) -> Prepared;

    /// Sends a stored request that makes a Session.
    async fn create_session(&self, request: &Prepared) -> Result<Observation, CallError>;

    /// Reads a Session with its PaymentIntent, charge and refunds: one call.
    async fn session(&self, id: &str) -> Result<Observation, CallError>;

    /// Ends a Session; refused when it is not open any more.
    async fn expire_session(&self, id: &str) -> Result<Observation, CallError>;

    /// Looks through the Sessions made since for the one of a payment. `None` is a proof, so a list that cannot be
    /// read is no answer.
    async fn find_session(
        &self,
        payment_id: PaymentId,
        since: OffsetDateTime,
    ) -> Result<Option<Observation>, CallError>;

    /// Sends a stored request that makes a refund.
    async fn create_refund(&self, request: &Prepared) -> Result<Refund, CallError>;

    /// All refunds of a PaymentIntent. A list of which anything cannot be read is no answer: what is not in it would
    /// be made again.
    async fn refunds(&self, intent_id: &str) -> Result<Vec<Refund>, CallError>;

    /// All events of a time, oldest first; only those that no endpoint, or not every one, has taken if `undelivered`.
    /// `None`: more than [`AT_ONCE`], of a time that can be cut.
    async fn events(&self, window: Window, undelivered: bool) -> Result<Option<Vec<ListedEvent>>, CallError>;

    /// All Sessions made in a time, oldest first. `None` as of events.
    async fn sessions(&self, window: Window) -> Result<Option<Vec<ListedSession>>, CallError>;

    /// What is sold by a Session.
    async fn items(&self, session_id: &str) -> Result<Vec<Item>, CallError>;
}
