//! What an answer of Stripe means for a call that may have moved money.

use reqwest::StatusCode;
use serde_json::Value;

use super::object::text;
use crate::app::ports::{CallError, Refusal};

/// One answer over HTTP.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    /// `Stripe-Should-Retry`.
    pub(super) should_retry: Option<bool>,
    /// `Idempotent-Replayed`: it is the stored answer of an earlier call.
    pub(super) replayed: bool,
    /// `None` when it is not JSON, such as a proxy's 502.
    pub(super) body: Option<Value>,
}

/// What to do after one try.
pub(super) enum Next {
    /// It worked.
    Done(Value),
    /// It did not, and trying again cannot help.
    Stop(CallError),
    /// It may work with the same key.
    Again {
        /// Whether this try may have had its effect.
        maybe_done: bool,
    },
}

/// Judges one answer. `maybe_done`: whether an earlier try with this key may have had its effect.
pub(super) fn judge(answer: Answer, maybe_done: bool) -> Next {
    let Answer { status, should_retry, replayed, body } = answer;
    if status.is_success() {
        return body.map_or(Next::Again { maybe_done: true }, Next::Done);
    }
    if status.is_server_error() {
        let again = should_retry.unwrap_or(true) && !replayed;
        return if again {
            Next::Again { maybe_done: true }
        } else {
            Next::Stop(CallError::Unknown { replayed })
        };
    }
    let busy = matches!(status, StatusCode::CONFLICT | StatusCode::TOO_MANY_REQUESTS);
    if should_retry.unwrap_or(busy) {
        // 409: another call with this key is under way, and its effect is ours.
        return Next::Again { maybe_done: status == StatusCode::CONFLICT };
    }
    let error = body.as_ref().and_then(|body| body.get("error"));
    let field = |name| error.and_then(|error| text(error, name)).unwrap_or_default().to_owned();
    let kind = field("type");
    if kind.is_empty() {
        // Not Stripe's words, but those of something between us and Stripe: they prove nothing.
        return if should_retry == Some(false) {
            Next::Stop(CallError::Unknown { replayed: false })
        } else {
            Next::Again { maybe_done: true }
        };
    }
    // A key that Stripe knows with other parameters, or a key of the API it refuses, tell nothing of our call.
    let unsaid = kind == "idempotency_error"
        || (maybe_done && (busy || matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN)));
    if unsaid {
        return Next::Stop(CallError::Unknown { replayed: false });
    }
    if busy || matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
        return Next::Stop(CallError::NotDone);
    }
    let code = Some(field("code")).filter(|code| !code.is_empty()).unwrap_or(kind);
    Next::Stop(CallError::Refused(Refusal { status: status.as_u16(), code, param: field("param") }))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn next(status: u16, header: Option<bool>, replayed: bool, body: Option<Value>) -> String {
        let status = StatusCode::from_u16(status).unwrap();
        match judge(Answer { status, should_retry: header, replayed, body }, false) {
            Next::Done(_) => "done".to_owned(),
            Next::Again { maybe_done } => format!("again, maybe done: {maybe_done}"),
            Next::Stop(error) => format!("{error:?}"),
        }
    }

    fn error(kind: &str, code: &str) -> Option<Value> {
        Some(json!({"error": {"type": kind, "code": code, "message": "…"}}))
    }

    #[test]
    fn answers_are_told_apart_by_what_they_prove() {
        assert_eq!(next(200, None, false, Some(json!({}))), "done");
        assert_eq!(next(200, None, false, None), "again, maybe done: true", "not JSON");
        assert_eq!(next(502, None, false, None), "again, maybe done: true", "a proxy's page");
        assert_eq!(next(500, Some(false), false, error("api_error", "")), "Unknown { replayed: false }");
        assert_eq!(next(500, Some(true), true, error("api_error", "")), "Unknown { replayed: true }");
        assert_eq!(next(429, None, false, error("api_error", "lock_timeout")), "again, maybe done: false");
        assert_eq!(next(409, None, false, error("idempotency_error", "")), "again, maybe done: true");
        assert_eq!(next(429, Some(false), false, error("api_error", "rate_limit")), "NotDone");
        assert_eq!(next(401, None, false, error("invalid_request_error", "")), "NotDone");
        assert_eq!(next(400, None, false, error("idempotency_error", "")), "Unknown { replayed: false }");
        assert!(
            next(400, None, false, error("invalid_request_error", "amount_too_small")).starts_with("Refused")
        );
        assert!(
            next(404, None, false, error("invalid_request_error", "resource_missing")).starts_with("Refused")
        );
    }

    #[test]
    fn what_is_not_in_stripes_words_is_no_refusal() {
        for status in [301, 302, 400, 401, 402, 403, 404, 407, 413, 422] {
            for body in [None, Some(json!({})), Some(json!({"error": "blocked"})), error("", "card_declined")]
            {
                assert_eq!(next(status, None, false, body), "again, maybe done: true", "{status}");
            }
            assert_eq!(next(status, Some(false), false, None), "Unknown { replayed: false }", "{status}");
        }
    }

    #[test]
    fn a_refused_api_key_proves_nothing_about_an_earlier_try() {
        let body = error("invalid_request_error", "");
        let answer = Answer { status: StatusCode::UNAUTHORIZED, should_retry: None, replayed: false, body };
        assert!(matches!(judge(answer, true), Next::Stop(CallError::Unknown { replayed: false })));
    }
}
