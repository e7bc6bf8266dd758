//! Webhooks as Stripe writes them, and as nobody should.

use kernel::Money;
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::event::read;
use crate::app::ports::{StripeEvent, Tidings, Unreadable};
use crate::domain::{Fact, Observation, RefundStatus};

const PAYMENT: &str = "01931b3c-7bd1-7f33-8f5f-000000000001";

fn event(kind: &str, object: Value) -> Value {
    json!({
        "id": "evt_1", "object": "event", "api_version": "2026-09-30.endive", "created": 1_790_000_000,
        "livemode": false, "type": kind, "data": {"object": object},
    })
}

fn parse(event: &Value) -> Result<StripeEvent, Unreadable> {
    read(&event.to_string(), OffsetDateTime::UNIX_EPOCH)
}

fn about(kind: &str, object: Value) -> Observation {
    match parse(&event(kind, object)).unwrap().tidings {
        Tidings::About(seen) => seen,
        other => panic!("{other:?}"),
    }
}

fn session(status: &str, payment_status: &str) -> Value {
    json!({
        "id": "cs_1", "object": "checkout.session", "livemode": false, "status": status,
        "payment_status": payment_status, "amount_total": 2999, "currency": "usd", "payment_intent": "pi_1",
        "url": "https://checkout.stripe.com/c/pay/cs_1", "expires_at": 1_790_001_860,
        "customer_details": {"email": "jane@example.com"}, "metadata": {"tender_payment_id": PAYMENT},
    })
}

fn words(seen: &Observation) -> Vec<&'static str> {
    let word = |fact: &Fact| match fact {
        Fact::Opened => "opened",
        Fact::Processing => "processing",
        Fact::Declined(_) => "declined",
        Fact::Expired => "expired",
        Fact::Cancelled => "cancelled",
        Fact::Failed(_) => "failed",
        Fact::NeverOpened(_) => "never opened",
        Fact::Succeeded(_) => "succeeded",
        Fact::Refunded(_) => "refunded",
    };
    seen.facts.iter().map(word).collect()
}

#[test]
fn a_sessions_state_is_read_from_both_its_statuses() {
    for (kind, status, payment_status, expected) in [
        ("checkout.session.completed", "complete", "paid", vec!["opened", "succeeded"]),
        ("checkout.session.completed", "complete", "unpaid", vec!["opened", "processing"]),
        ("checkout.session.async_payment_succeeded", "complete", "paid", vec!["opened", "succeeded"]),
        (
            "checkout.session.async_payment_failed",
            "complete",
            "unpaid",
            vec!["opened", "processing", "failed"],
        ),
        ("checkout.session.expired", "expired", "unpaid", vec!["opened", "expired"]),
        ("checkout.session.completed", "open", "unpaid", vec!["opened"]),
        ("checkout.session.completed", "a_new_status", "a_new_status", vec!["opened"]),
    ] {
        let seen = about(kind, session(status, payment_status));
        assert_eq!(words(&seen), expected, "{kind} {status} {payment_status}");
        assert_eq!(seen.subject.payment_id, Some(PAYMENT.parse().unwrap()));
        assert_eq!(seen.subject.session_id.as_deref(), Some("cs_1"));
        assert_eq!(seen.subject.intent_id.as_deref(), Some("pi_1"));
        assert_eq!(seen.money, Some(Money::new(2999, "usd".parse().unwrap())));
        assert_eq!(seen.livemode, Some(false));
        assert_eq!(seen.details.email.as_deref(), Some("jane@example.com"));
    }
}

#[test]
fn an_expanded_session_tells_of_charge_refunds_and_declines() {
    let mut paid = session("complete", "paid");
    paid["payment_intent"] = json!({"id": "pi_1", "status": "succeeded", "latest_charge": {
        "id": "ch_1", "receipt_url": "https://pay.stripe.com/receipts/ch_1",
        "payment_method_details": {"type": "paypal"},
        "refunds": {"data": [{"id": "re_1", "amount": 100, "status": "pending"}]},
    }});
    let seen = about("checkout.session.completed", paid);
    let [Fact::Opened, Fact::Succeeded(capture), Fact::Refunded(refund)] = seen.facts.as_slice() else {
        panic!("{seen:?}")
    };
    assert_eq!(capture.method.as_deref(), Some("paypal"));
    assert_eq!(capture.receipt_url.as_deref(), Some("https://pay.stripe.com/receipts/ch_1"));
    assert_eq!((refund.amount, refund.status), (100, RefundStatus::Pending));

    let mut open = session("open", "unpaid");
    let error = json!({"code": "card_declined", "decline_code": "insufficient_funds", "charge": "ch_1"});
    open["payment_intent"] = json!({"id": "pi_1", "last_payment_error": error});
    assert_eq!(words(&about("checkout.session.completed", open)), ["opened", "declined"]);
}

#[test]
fn intents_tell_of_success_and_declines() {
    let intent = |more: Value| {
        let mut intent = json!({
            "id": "pi_1", "object": "payment_intent", "amount": 2999, "amount_received": 0, "currency": "usd",
            "metadata": {"tender_payment_id": PAYMENT},
        });
        intent.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        intent
    };
    let seen = about("payment_intent.succeeded", intent(json!({"amount_received": 2999})));
    assert_eq!(words(&seen), ["succeeded"]);
    assert_eq!((seen.subject.session_id, seen.subject.intent_id), (None, Some("pi_1".to_owned())));

    let decline = |error: Value| {
        let seen = about("payment_intent.payment_failed", intent(json!({"last_payment_error": error})));
        let [Fact::Declined(decline)] = seen.facts.as_slice() else { panic!("{seen:?}") };
        decline.clone()
    };
    let by_charge = decline(json!({"code": "card_declined", "decline_code": "lost_card", "charge": "ch_9"}));
    assert_eq!((by_charge.key.as_str(), by_charge.error.code.as_str()), ("ch_9", "card_declined"));
    assert_eq!(by_charge.at, OffsetDateTime::from_unix_timestamp(1_790_000_000).unwrap());
    let by_event = decline(json!({"code": "payment_intent_authentication_failure"}));
    assert_eq!(by_event.key, "evt_1", "no charge was made");
    assert_eq!(decline(Value::Null).error.code, "payment_failed");
}

#[test]
fn a_refunded_charge_proves_its_capture_and_may_lack_its_refunds() {
    let charge = |refunds: Value| {
        json!({
            "id": "ch_1", "object": "charge", "amount": 2999, "amount_captured": 2999, "amount_refunded": 1000,
            "currency": "usd", "payment_intent": "pi_1", "metadata": {"tender_payment_id": PAYMENT},
            "refunds": refunds,
        })
    };
    let listed = json!({"data": [
        {"id": "re_1", "amount": 1000, "status": "succeeded", "reason": "requested_by_customer"},
        {"id": "re_0", "amount": 500, "status": "failed"},
    ]});
    assert_eq!(words(&about("charge.refunded", charge(listed))), ["succeeded", "refunded", "refunded"]);
    for absent in [
        Value::Null,
        json!({"data": []}),
        json!({"data": [{"id": "re_1", "amount": 400, "status": "succeeded"}]}),
    ] {
        let read = parse(&event("charge.refunded", charge(absent))).unwrap();
        assert!(matches!(read.tidings, Tidings::RefundsMissing(_)), "{read:?}");
    }
}

#[test]
fn oddly_typed_or_absent_fields_say_nothing() {
    for object in [
        json!({}),
        json!({"id": 7, "status": [], "payment_status": {}, "amount_total": "2999", "metadata": "x"}),
        json!({"id": "cs_1", "metadata": {"tender_payment_id": "not-an-id"}, "payment_intent": 3, "currency": "zzz"}),
    ] {
        let seen = about("checkout.session.completed", object);
        assert_eq!((words(&seen), seen.money, seen.subject.payment_id), (vec!["opened"], None, None));
    }
    let mut event = event("checkout.session.completed", session("complete", "paid"));
    event.as_object_mut().unwrap().remove("livemode");
    assert_eq!(parse(&event).unwrap().livemode, None);
}

#[test]
fn unknown_types_are_read_and_say_nothing() {
    for kind in ["invoice.paid", "charge.succeeded", "something.nobody.heard.of"] {
        assert_eq!(parse(&event(kind, json!({"id": "x"}))).unwrap().tidings, Tidings::Unknown, "{kind}");
    }
}

#[test]
fn bodies_that_are_no_event() {
    let read = |body: &str| read(body, OffsetDateTime::UNIX_EPOCH);
    for (what, body) in [("signed non-JSON", "hello"), ("empty", ""), ("cut off", r#"{"id":"evt_1""#)] {
        assert_eq!(read(body), Err(Unreadable::NotJson), "{what}");
    }
    assert_eq!(read(&"[".repeat(100_000)), Err(Unreadable::NotJson), "nested");
    let object = json!({"object": {"id": "x"}});
    for (what, body) in [
        ("no id", json!({"type": "invoice.paid", "data": object})),
        ("no type", json!({"id": "evt_1", "data": object})),
        ("empty id", json!({"id": "", "type": "invoice.paid", "data": object})),
        ("an id with NUL", json!({"id": "evt\u{0}", "type": "invoice.paid", "data": object})),
        ("an endless id", json!({"id": "e".repeat(256), "type": "invoice.paid", "data": object})),
        ("not an object", json!([1, 2])),
    ] {
        assert_eq!(read(&body.to_string()), Err(Unreadable::NoIdOrType), "{what}");
    }
    let thin = json!({
        "id": "evt_1", "object": "v2.core.event", "type": "v1.billing.meter.error_report_triggered",
        "related_object": {"id": "mtr_1", "type": "billing.meter"},
    });
    assert_eq!(read(&thin.to_string()), Err(Unreadable::Thin), "thin event");
    assert_eq!(read(r#"{"id":"evt_1","type":"checkout.session.completed"}"#), Err(Unreadable::Thin));
}
