//! Stripe's error bodies and their status codes.

use serde_json::{Map, Value, json};

/// What Stripe calls an error's `type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Api,
    Card,
    Idempotency,
    InvalidRequest,
}

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Api => "api_error",
            Self::Card => "card_error",
            Self::Idempotency => "idempotency_error",
            Self::InvalidRequest => "invalid_request_error",
        }
    }
}

/// A refused or failed call, as Stripe would answer it.
#[derive(Debug, Clone)]
pub(crate) struct ApiError {
    pub(crate) status: u16,
    pub(crate) kind: Kind,
    pub(crate) code: Option<&'static str>,
    pub(crate) message: String,
    pub(crate) param: Option<String>,
    /// Whether execution had begun: then the answer belongs to the idempotency key.
    pub(crate) executed: bool,
    /// `decline_code`, `charge`, `payment_intent`, `payment_method`.
    pub(crate) extra: Map<String, Value>,
}

impl ApiError {
    fn new(status: u16, kind: Kind, code: Option<&'static str>, message: impl Into<String>) -> Self {
        Self { status, kind, code, message: message.into(), param: None, executed: false, extra: Map::new() }
    }

    /// A parameter is wrong; `param` is its full name, such as `line_items[0][quantity]`.
    pub(crate) fn parameter(
        code: Option<&'static str>,
        param: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self { param: Some(param.into()), ..Self::new(400, Kind::InvalidRequest, code, message) }
    }

    /// A required parameter is absent.
    pub(crate) fn missing(param: impl Into<String>) -> Self {
        let param = param.into();
        let message = format!("Missing required param: {param}.");
        Self::parameter(Some("parameter_missing"), param, message)
    }

    /// Real Stripe can do this, the sandbox cannot.
    pub(crate) fn unsupported(param: impl Into<String>, what: &str) -> Self {
        Self::parameter(None, param, format!("This sandbox does not do {what}."))
    }

    /// A request that cannot be understood at all.
    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, Kind::InvalidRequest, None, message)
    }

    /// `No such checkout.session: 'cs_…'`.
    pub(crate) fn no_such(what: &str, id: &str, param: &str) -> Self {
        let id: String = id.chars().take(120).collect();
        let code = Some("resource_missing");
        let message = format!("No such {what}: '{id}'");
        Self { status: 404, ..Self::parameter(code, param, message) }
    }

    /// The named object exists not, in a parameter: 400, unlike in the path.
    pub(crate) fn no_such_parameter(what: &str, id: &str, param: &str) -> Self {
        Self { status: 400, ..Self::no_such(what, id, param) }
    }

    /// The object's state forbids it.
    pub(crate) fn state(code: Option<&'static str>, message: impl Into<String>) -> Self {
        Self { executed: true, ..Self::new(400, Kind::InvalidRequest, code, message) }
    }

    /// The card was declined: 402, with what Stripe adds.
    pub(crate) fn card(code: &'static str, message: impl Into<String>, extra: Map<String, Value>) -> Self {
        Self { executed: true, extra, ..Self::new(402, Kind::Card, Some(code), message) }
    }

    pub(crate) fn unauthorized(message: impl Into<String>) -> Self {
        Self::new(401, Kind::InvalidRequest, None, message)
    }

    pub(crate) fn unknown_route(method: &str, path: &str) -> Self {
        let path: String = path.chars().take(200).collect();
        let message = format!(
            "Unrecognized request URL ({method}: {path}). This sandbox speaks a part of Stripe's API only."
        );
        Self::new(404, Kind::InvalidRequest, None, message)
    }

    pub(crate) fn key_in_use(key: &str) -> Self {
        let message = format!(
            "There is currently another in-progress request using this Idempotent Key (that probably means \
             you submitted twice, and the other request is still going through): {key}. Please try again later."
        );
        Self::new(409, Kind::Idempotency, Some("idempotency_key_in_use"), message)
    }

    pub(crate) fn key_reused(key: &str, other_route: bool) -> Self {
        let same = if other_route { "for the same endpoint" } else { "with the same parameters" };
        let message = format!(
            "Keys for idempotent requests can only be used {same} they were first used with. Try using a key \
             other than '{key}' if you meant to execute a different request."
        );
        Self::new(400, Kind::Idempotency, None, message)
    }

    /// The answer of a fault switch.
    pub(crate) fn fault(status: u16) -> Self {
        match status {
            409 => Self::new(
                409,
                Kind::InvalidRequest,
                Some("lock_timeout"),
                "This object cannot be accessed right now because another API request or Stripe process is \
                 currently accessing it.",
            ),
            429 => Self::new(
                429,
                Kind::InvalidRequest,
                Some("rate_limit"),
                "Too many requests hit the API too quickly. We recommend an exponential backoff of your requests.",
            ),
            400..=499 => {
                Self::new(status, Kind::InvalidRequest, None, "The sandbox was told to refuse this.")
            }
            _ => Self::new(status, Kind::Api, None, "An unknown error occurred."),
        }
    }

    /// The body, with the id of the request it answers.
    pub(crate) fn body(&self, request_id: &str) -> Value {
        let mut error = self.details();
        error.insert("request_log_url".into(), json!(format!("/_sandbox/calls?request_id={request_id}")));
        json!({ "error": error })
    }

    /// The error's own fields, as in `last_payment_error`.
    pub(crate) fn details(&self) -> Map<String, Value> {
        let mut error = self.extra.clone();
        error.insert("type".into(), json!(self.kind.name()));
        error.insert("message".into(), json!(self.message));
        if let Some(code) = self.code {
            error.insert("code".into(), json!(code));
            error.insert("doc_url".into(), json!(format!("https://docs.stripe.com/error-codes#{code}")));
        }
        if let Some(param) = &self.param {
            error.insert("param".into(), json!(param));
        }
        error
    }
}
