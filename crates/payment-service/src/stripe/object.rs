//! Stripe's objects, read for what they say about a payment. Nothing is required to be there: an unknown value,
//! or an absent or oddly typed field, says nothing and is never an error.

use kernel::{Currency, Money};
use serde_json::Value;
use time::OffsetDateTime;

use crate::domain::{
    Capture, Decline, Fact, Observation, PaymentError, Refund, RefundStatus, SessionDetails, Subject,
};

/// Our payment's id in the metadata of Stripe's objects.
pub(super) const PAYMENT_ID: &str = "tender_payment_id";
/// Our purchase's id there.
pub(super) const PURCHASE_ID: &str = "tender_purchase_id";
/// Which attempt, there.
pub(super) const ATTEMPT: &str = "tender_attempt";
/// Our refund request's id in the metadata of a refund.
pub(super) const REFUND_REQUEST_ID: &str = "tender_refund_request_id";
/// Why we refunded, there.
pub(super) const REFUND_REASON: &str = "tender_refund_reason";

/// What the decline table says of a delayed method that failed.
const ASYNC_FAILURE: &str = "payment_intent_payment_attempt_failed";

/// A string field.
pub(super) fn text<'a>(object: &'a Value, field: &str) -> Option<&'a str> {
    object.get(field)?.as_str()
}

fn owned(object: &Value, field: &str) -> Option<String> {
    text(object, field).map(str::to_owned)
}

/// The id of a referenced object, expanded or not.
fn reference(object: &Value, field: &str) -> Option<String> {
    let value = object.get(field)?;
    value.as_str().or_else(|| text(value, "id")).map(str::to_owned)
}

/// A referenced object, if it is expanded.
fn expanded<'a>(object: &'a Value, field: &str) -> Option<&'a Value> {
    object.get(field).filter(|value| value.is_object())
}

/// A time in Unix seconds.
pub(super) fn time(object: &Value, field: &str) -> Option<OffsetDateTime> {
    OffsetDateTime::from_unix_timestamp(object.get(field)?.as_i64()?).ok()
}

fn money(object: &Value, field: &str) -> Option<Money> {
    let currency: Currency = text(object, "currency")?.parse().ok()?;
    Some(Money::new(object.get(field)?.as_i64()?, currency))
}

fn metadata<'a>(object: &'a Value, key: &str) -> Option<&'a str> {
    object.get("metadata").and_then(|metadata| text(metadata, key))
}

fn observe(object: &Value, subject: Subject, money: Option<Money>) -> Observation {
    let payment_id = metadata(object, PAYMENT_ID).and_then(|id| id.parse().ok());
    let livemode = object.get("livemode").and_then(Value::as_bool);
    Observation { subject: Subject { payment_id, ..subject }, livemode, money, ..Observation::default() }
}

/// A Checkout Session; with `payment_intent.latest_charge` expanded it tells more.
pub(super) fn session(session: &Value, seen_at: OffsetDateTime) -> Observation {
    let subject = Subject {
        payment_id: None,
        session_id: owned(session, "id"),
        intent_id: reference(session, "payment_intent"),
    };
    let mut seen = observe(session, subject, money(session, "amount_total"));
    let email = session.get("customer_details").and_then(|details| owned(details, "email"));
    seen.details = SessionDetails {
        url: owned(session, "url"),
        client_secret: owned(session, "client_secret"),
        expires_at: time(session, "expires_at"),
        email: email.or_else(|| owned(session, "customer_email")),
    };
    seen.facts = session_facts(session, seen_at);
    seen
}

fn session_facts(session: &Value, seen_at: OffsetDateTime) -> Vec<Fact> {
    let intent = expanded(session, "payment_intent");
    let charge = intent.and_then(|intent| expanded(intent, "latest_charge"));
    // Without a charge the report could not be told from the webhook's own, and would count twice.
    let declined = intent.and_then(|intent| decline(intent, None, seen_at)).map(Fact::Declined);
    let mut facts = vec![Fact::Opened];
    match (text(session, "status"), text(session, "payment_status")) {
        (_, Some("paid")) => {
            let total = money(session, "amount_total");
            facts.extend(declined);
            facts.extend(total.map(|received| Fact::Succeeded(capture(received, charge))));
            facts.extend(charge.into_iter().flat_map(listed_refunds).map(Fact::Refunded));
        }
        (Some("expired"), _) => facts.extend(declined.into_iter().chain([Fact::Expired])),
        (Some("complete"), Some("unpaid")) => {
            facts.extend([Fact::Processing].into_iter().chain(declined));
            match intent.and_then(|intent| text(intent, "status")) {
                Some("requires_payment_method") => facts.push(async_failure()),
                Some("canceled") => facts.push(Fact::Cancelled),
                _ => {}
            }
        }
        _ => facts.extend(declined),
    }
    facts
}

/// That a delayed method failed, which a Session by itself does not show.
pub(super) fn async_failure() -> Fact {
    Fact::Failed(PaymentError::new(ASYNC_FAILURE, None))
}

fn intent_subject(intent: &Value) -> Subject {
    Subject { intent_id: owned(intent, "id"), ..Subject::default() }
}

/// A PaymentIntent that succeeded.
pub(super) fn succeeded_intent(intent: &Value) -> Observation {
    let mut seen = observe(intent, intent_subject(intent), money(intent, "amount"));
    let received = money(intent, "amount_received").or(seen.money);
    let charge = expanded(intent, "latest_charge");
    seen.facts.extend(received.map(|received| Fact::Succeeded(capture(received, charge))));
    seen
}

/// A PaymentIntent whose newest attempt failed; `event_id` tells two reports apart that name no charge.
pub(super) fn failed_intent(intent: &Value, event_id: &str, at: OffsetDateTime) -> Observation {
    let mut seen = observe(intent, intent_subject(intent), money(intent, "amount"));
    seen.facts.extend(decline(intent, Some(event_id), at).map(Fact::Declined));
    seen
}

fn decline(intent: &Value, event_id: Option<&str>, at: OffsetDateTime) -> Option<Decline> {
    let error = intent.get("last_payment_error").filter(|error| error.is_object());
    let charge = error.and_then(|error| reference(error, "charge"));
    let key = charge.or_else(|| event_id.map(str::to_owned))?;
    let code = error.and_then(|error| text(error, "code")).unwrap_or("payment_failed");
    let decline_code = error.and_then(|error| text(error, "decline_code"));
    Some(Decline { key, error: PaymentError::new(code, decline_code), at })
}

fn capture(received: Money, charge: Option<&Value>) -> Capture {
    let method = charge.and_then(|charge| charge.get("payment_method_details"));
    Capture {
        received,
        method: method.and_then(|details| owned(details, "type")),
        receipt_url: charge.and_then(|charge| owned(charge, "receipt_url")),
    }
}

/// A charge of which money went back, and whether its refunds are all listed in it.
pub(super) fn refunded_charge(charge: &Value) -> (Observation, bool) {
    let intent_id = reference(charge, "payment_intent");
    let mut seen = observe(charge, Subject { intent_id, ..Subject::default() }, money(charge, "amount"));
    let captured = money(charge, "amount_captured").or(seen.money);
    seen.facts.extend(captured.map(|received| Fact::Succeeded(capture(received, Some(charge)))));
    let refunds = listed_refunds(charge);
    let counted = refunds.iter().filter(|refund| refund.status.counts());
    let listed = counted.fold(0_i64, |sum, refund| sum.saturating_add(refund.amount));
    let complete = charge.get("amount_refunded").and_then(Value::as_i64) == Some(listed);
    seen.facts.extend(refunds.into_iter().map(Fact::Refunded));
    (seen, complete)
}

fn listed_refunds(charge: &Value) -> Vec<Refund> {
    let data = charge.get("refunds").and_then(|list| list.get("data")).and_then(Value::as_array);
    data.into_iter().flatten().filter_map(refund).collect()
}

/// A refund. One whose status is absent or new to us exists all the same, and is on its way for all we know.
pub(super) fn refund(refund: &Value) -> Option<Refund> {
    let reason = metadata(refund, REFUND_REASON).or_else(|| text(refund, "reason"));
    let status = text(refund, "status").and_then(|status| status.parse().ok());
    Some(Refund {
        id: owned(refund, "id")?,
        amount: refund.get("amount")?.as_i64()?,
        status: status.unwrap_or(RefundStatus::Pending),
        reason: reason.map(str::to_owned),
        request_id: metadata(refund, REFUND_REQUEST_ID).and_then(|id| id.parse().ok()),
    })
}
