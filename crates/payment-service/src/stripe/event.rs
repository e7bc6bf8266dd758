//! From the raw JSON of a webhook to what it says. Only an id and a type have to be there.

use serde_json::Value;
use time::OffsetDateTime;

use super::object::{self, text};
use crate::app::ports::{StripeEvent, Tidings, Unreadable};

/// Longer ids and types than Stripe has ever had.
const LONGEST: usize = 255;

/// Reads an event.
///
/// # Errors
/// When it is no event of a kind that carries its object: not JSON, no id or type, a thin event.
pub(super) fn read(payload: &str, received_at: OffsetDateTime) -> Result<StripeEvent, Unreadable> {
    let event: Value = serde_json::from_str(payload).map_err(|_| Unreadable::NotJson)?;
    let id = word(&event, "id")?;
    let kind = word(&event, "type")?;
    let object = event.get("data").and_then(|data| data.get("object"));
    let is_thin = text(&event, "object") == Some("v2.core.event") || kind.starts_with("v2.");
    if is_thin || object.is_none_or(|object| !object.is_object()) {
        return Err(Unreadable::Thin);
    }
    let at = object::time(&event, "created").unwrap_or(received_at);
    Ok(StripeEvent {
        tidings: object.map_or(Tidings::Unknown, |object| tidings(&kind, &id, object, at)),
        livemode: event.get("livemode").and_then(Value::as_bool),
        api_version: text(&event, "api_version").map(str::to_owned),
        id,
        kind,
    })
}

fn word(event: &Value, field: &'static str) -> Result<String, Unreadable> {
    let value = text(event, field).filter(|value| (1..=LONGEST).contains(&value.len()));
    let printable = value.filter(|value| value.bytes().all(|byte| byte.is_ascii_graphic()));
    printable.map(str::to_owned).ok_or(Unreadable::NoIdOrType)
}

fn tidings(kind: &str, event_id: &str, object: &Value, at: OffsetDateTime) -> Tidings {
    match kind {
        "checkout.session.completed"
        | "checkout.session.expired"
        | "checkout.session.async_payment_succeeded" => Tidings::About(object::session(object, at)),
        "checkout.session.async_payment_failed" => {
            let mut seen = object::session(object, at);
            seen.facts.push(object::async_failure());
            Tidings::About(seen)
        }
        "payment_intent.succeeded" => Tidings::About(object::succeeded_intent(object)),
        "payment_intent.payment_failed" => Tidings::About(object::failed_intent(object, event_id, at)),
        "charge.refunded" => match object::refunded_charge(object) {
            (seen, true) => Tidings::About(seen),
            (seen, false) => Tidings::RefundsMissing(seen),
        },
        _ => Tidings::Unknown,
    }
}
