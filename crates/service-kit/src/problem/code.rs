//! The table of codes. A code never changes its meaning; frontends switch on it.

use std::time::Duration;

use actix_web::http::StatusCode;
use serde::Serialize;

/// What kind of trouble a code is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Category {
    /// The request itself is wrong.
    Validation,
    /// Who is asking is unclear.
    Authentication,
    /// Who is asking may not.
    Permission,
    /// There is no such thing, for this caller.
    NotFound,
    /// The state forbids it.
    Conflict,
    /// Too many calls.
    RateLimit,
    /// Stripe said no, or did not answer.
    Stripe,
    /// Something needed is away for the moment.
    Unavailable,
    /// A mistake of ours.
    Internal,
}

/// One row of the table.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// The stable code, `snake_case`; also the end of the problem's `type`.
    pub code: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// The problem's `title`, and its `error`.
    pub title: &'static str,
    /// The kind of trouble.
    pub category: Category,
    /// Whether the same call may succeed later.
    pub retryable: bool,
    /// The `Retry-After`, whole seconds.
    pub retry_after: Option<Duration>,
}

impl Entry {
    const fn of(code: &'static str, status: u16, title: &'static str, category: Category) -> Self {
        Self { code, status, title, category, retryable: false, retry_after: None }
    }

    const fn retry(mut self) -> Self {
        self.retryable = true;
        self
    }

    const fn after(mut self, seconds: u64) -> Self {
        self.retryable = true;
        self.retry_after = Some(Duration::from_secs(seconds));
        self
    }
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {
        /// Every code a service answers.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum ProblemCode { $($(#[$doc])* $name),+ }

        impl ProblemCode {
            /// The whole table's keys.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];
        }
    };
}

codes! {
    /// A field breaks a rule; `errors` says which.
    ValidationFailed,
    /// The body is no JSON, or not UTF-8.
    MalformedJson,
    /// The body is nested deeper than 64 levels.
    JsonTooDeep,
    /// The request cannot be read.
    BadRequest,
    /// The body is over the route's limit.
    BodyTooLarge,
    /// The body is not JSON.
    UnsupportedMediaType,
    /// The request took too long to arrive.
    RequestTimeout,
    /// No such thing, or not the caller's.
    NotFound,
    /// The route exists for other methods; `Allow` names them.
    MethodNotAllowed,
    /// No valid credentials.
    Unauthorized,
    /// Not for this caller.
    Forbidden,
    /// CSRF token, cookie or `Origin` missing or wrong.
    CsrfFailed,
    /// The `Idempotency-Key` is empty, longer than 255 characters or not printable.
    IdempotencyKeyInvalid,
    /// The key was used with another request.
    IdempotencyMismatch,
    /// The first call with this key is still running.
    IdempotencyInFlight,
    /// The webhook's signature does not fit.
    InvalidSignature,
    /// A price is unlike the catalogue's; `discrepancies` says which.
    PriceVerificationFailed,
    /// Not enough left.
    OutOfStock,
    /// The order is paid.
    OrderAlreadyPaid,
    /// The order's state does not allow paying it.
    OrderNotPayable,
    /// The order's state does not allow this.
    InvalidState,
    /// A payment is being processed; its outcome comes later.
    PaymentProcessing,
    /// The purchase takes no more payments.
    PurchaseClosed,
    /// The Session is too old to be asked about.
    SessionTooOld,
    /// The card was declined; `declineCode` says why.
    CardDeclined,
    /// More than what is left was to be refunded.
    RefundExceedsCaptured,
    /// Too many calls from this caller.
    RateLimited,
    /// Stripe cannot be reached, or asks to slow down.
    PaymentProviderUnavailable,
    /// Stripe refused what we sent.
    PaymentProviderError,
    /// It is not known yet whether Stripe did it; the same call settles it.
    OutcomeUnknown,
    /// The database or another part is away.
    ServiceUnavailable,
    /// A mistake of ours.
    Internal,
}

impl ProblemCode {
    /// The code's row.
    #[must_use]
    pub const fn entry(self) -> Entry {
        use Category as C;
        match self {
            Self::ValidationFailed => Entry::of("validation_failed", 422, "Validation failed", C::Validation),
            Self::MalformedJson => Entry::of("malformed_json", 400, "Malformed JSON", C::Validation),
            Self::JsonTooDeep => Entry::of("json_too_deep", 400, "JSON nested too deeply", C::Validation),
            Self::BadRequest => Entry::of("bad_request", 400, "Bad request", C::Validation),
            Self::BodyTooLarge => Entry::of("body_too_large", 413, "Body too large", C::Validation),
            Self::UnsupportedMediaType => {
                Entry::of("unsupported_media_type", 415, "Unsupported media type", C::Validation)
            }
            Self::RequestTimeout => {
                Entry::of("request_timeout", 408, "Request timed out", C::Validation).retry()
            }
            Self::NotFound => Entry::of("not_found", 404, "Not found", C::NotFound),
            Self::MethodNotAllowed => {
                Entry::of("method_not_allowed", 405, "Method not allowed", C::Validation)
            }
            Self::Unauthorized => {
                Entry::of("unauthorized", 401, "Authentication required", C::Authentication)
            }
            Self::Forbidden => Entry::of("forbidden", 403, "Forbidden", C::Permission),
            Self::CsrfFailed => Entry::of("csrf_failed", 403, "CSRF check failed", C::Permission),
            Self::IdempotencyKeyInvalid => {
                Entry::of("idempotency_key_invalid", 400, "Invalid Idempotency-Key", C::Validation)
            }
            Self::IdempotencyMismatch => Entry::of(
                "idempotency_mismatch",
                422,
                "Idempotency-Key used for another request",
                C::Conflict,
            ),
            Self::IdempotencyInFlight => {
                Entry::of("idempotency_in_flight", 409, "The same request is still running", C::Conflict)
                    .after(1)
            }
            Self::InvalidSignature => {
                Entry::of("invalid_signature", 400, "Invalid signature", C::Authentication)
            }
            Self::PriceVerificationFailed => {
                Entry::of("price_verification_failed", 422, "Price verification failed", C::Validation)
            }
            Self::OutOfStock => Entry::of("out_of_stock", 409, "Out of stock", C::Conflict),
            Self::OrderAlreadyPaid => Entry::of("order_already_paid", 409, "Order already paid", C::Conflict),
            Self::OrderNotPayable => Entry::of("order_not_payable", 409, "Order cannot be paid", C::Conflict),
            Self::InvalidState => Entry::of("invalid_state", 409, "Not possible in this state", C::Conflict),
            Self::PaymentProcessing => {
                Entry::of("payment_processing", 409, "Payment is being processed", C::Conflict).retry()
            }
            Self::PurchaseClosed => Entry::of("purchase_closed", 409, "Purchase closed", C::Conflict),
            Self::SessionTooOld => Entry::of("session_too_old", 410, "Session too old", C::NotFound),
            Self::CardDeclined => Entry::of("card_declined", 402, "Card declined", C::Stripe),
            Self::RefundExceedsCaptured => {
                Entry::of("refund_exceeds_captured", 422, "Refund exceeds what was captured", C::Validation)
            }
            Self::RateLimited => Entry::of("rate_limited", 429, "Too many requests", C::RateLimit).after(1),
            Self::PaymentProviderUnavailable => {
                Entry::of("payment_provider_unavailable", 503, "Payment provider unavailable", C::Stripe)
                    .after(5)
            }
            Self::PaymentProviderError => {
                Entry::of("payment_provider_error", 502, "Payment provider error", C::Stripe)
            }
            Self::OutcomeUnknown => {
                Entry::of("outcome_unknown", 503, "Outcome not known yet", C::Stripe).after(5)
            }
            Self::ServiceUnavailable => {
                Entry::of("service_unavailable", 503, "Service unavailable", C::Unavailable).after(5)
            }
            Self::Internal => Entry::of("internal", 500, "Internal error", C::Internal).retry(),
        }
    }

    /// The HTTP status.
    #[must_use]
    pub fn status(self) -> StatusCode {
        StatusCode::from_u16(self.entry().status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// The code whose `code` this is: to pass on what another service of ours answered.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|known| known.entry().code == code)
    }
}
