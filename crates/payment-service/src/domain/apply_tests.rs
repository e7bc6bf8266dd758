//! What single facts do, case by case. That they converge in any order is `convergence_tests`' business.

use std::collections::BTreeMap;

use kernel::{Currency, Money};
use time::OffsetDateTime;
use time::macros::datetime;
use uuid::Uuid;

use super::*;

pub(super) const START: OffsetDateTime = datetime!(2026-01-02 03:04:05 UTC);
pub(super) const PRICE: Money = Money::new(2999, Currency::USD);

pub(super) fn payment() -> Payment {
    Payment {
        id: Uuid::from_u128(7).into(),
        purchase_id: "order-1".to_owned(),
        attempt: 1,
        generation: 1,
        status: Status::Created,
        sequence: 0,
        money: PRICE,
        received: 0,
        session_id: None,
        intent_id: None,
        url: None,
        client_secret: None,
        expires_at: START,
        email: None,
        method: None,
        receipt_url: None,
        declines: BTreeMap::new(),
        failure: None,
        refunds: BTreeMap::new(),
        livemode: false,
        last_event_id: None,
        traceparent: None,
        created_at: START,
    }
}

/// A look at the Session.
pub(super) fn session(facts: Vec<Fact>) -> Observation {
    Observation {
        subject: Subject {
            payment_id: Some(Uuid::from_u128(7).into()),
            session_id: Some("cs_1".to_owned()),
            intent_id: None,
        },
        livemode: Some(false),
        money: Some(PRICE),
        details: SessionDetails { url: Some("https://pay.example/cs_1".to_owned()), ..Default::default() },
        facts,
    }
}

/// A look at the PaymentIntent, which does not name its Session.
pub(super) fn intent(facts: Vec<Fact>) -> Observation {
    let subject = Subject { session_id: None, intent_id: Some("pi_1".to_owned()), ..session(vec![]).subject };
    Observation { subject, details: SessionDetails::default(), facts, ..session(vec![]) }
}

pub(super) fn succeeded() -> Fact {
    let method = Some("card".to_owned());
    Fact::Succeeded(Capture { received: PRICE, method, receipt_url: None })
}

pub(super) fn declined(key: &str, second: i64) -> Fact {
    let error = PaymentError::new("card_declined", Some(key));
    Fact::Declined(Decline { key: key.to_owned(), error, at: START + time::Duration::seconds(second) })
}

pub(super) fn refunded(id: &str, amount: i64, status: RefundStatus) -> Fact {
    Fact::Refunded(Refund { id: id.to_owned(), amount, status, reason: None, request_id: None })
}

fn names(verdict: &Verdict) -> Vec<&'static str> {
    let name = |step: &Step| match step.change {
        Change::Created => "created",
        Change::Processing => "processing",
        Change::Succeeded => "successful",
        Change::Failed(_) => "failed",
        Change::Expired => "expired",
        Change::Refunded(_) => "refunded",
    };
    verdict.steps.iter().map(name).collect()
}

#[test]
fn a_success_that_finds_created_performs_both_steps() {
    let mut payment = payment();
    let verdict = apply(&mut payment, &session(vec![succeeded()]));
    assert_eq!(names(&verdict), ["created", "successful"]);
    let seen: Vec<_> = verdict.steps.iter().map(|step| (step.after.sequence, step.after.status)).collect();
    assert_eq!(seen, [(1, Status::Open), (2, Status::Succeeded)]);
    assert_eq!(verdict.steps[0].after.received, 0, "nothing was captured when it was opened");
    assert_eq!(payment.received, 2999);
}

#[test]
fn a_decline_does_not_end_a_payment_and_success_follows() {
    let mut payment = payment();
    apply(&mut payment, &session(vec![Fact::Opened]));
    let verdict = apply(&mut payment, &intent(vec![declined("insufficient_funds", 1)]));
    assert_eq!(names(&verdict), ["failed"]);
    assert_eq!(payment.status, Status::Open);
    assert_eq!(payment.last_error().unwrap().decline_code.as_deref(), Some("insufficient_funds"));
    assert_eq!(names(&apply(&mut payment, &intent(vec![succeeded()]))), ["successful"]);
    let late = apply(&mut payment, &intent(vec![declined("expired_card", 2)]));
    assert_eq!((late.outcome, late.steps.len()), (Outcome::Superseded, 0));
    assert_eq!(payment.declines.len(), 2, "it is known all the same");
}

#[test]
fn the_same_fact_again_is_superseded() {
    for fact in [Fact::Opened, Fact::Processing, Fact::Expired, succeeded(), declined("lost_card", 1)] {
        let mut payment = payment();
        assert_eq!(apply(&mut payment, &session(vec![fact.clone()])).outcome, Outcome::Advanced);
        let before = payment.clone();
        let again = apply(&mut payment, &session(vec![fact]));
        assert_eq!((again.outcome, again.steps.len()), (Outcome::Superseded, 0));
        assert_eq!(payment, before);
    }
}

#[test]
fn status_never_loses_rank() {
    let mut payment = payment();
    apply(&mut payment, &session(vec![Fact::Expired]));
    assert_eq!(apply(&mut payment, &session(vec![Fact::Processing])).outcome, Outcome::Superseded);
    assert_eq!(payment.status, Status::Expired);
    assert_eq!(
        names(&apply(&mut payment, &session(vec![succeeded()]))),
        ["successful"],
        "money after expiry"
    );
    assert_eq!(apply(&mut payment, &session(vec![Fact::Expired])).outcome, Outcome::Superseded);
}

#[test]
fn what_does_not_match_changes_nothing() {
    let other = |change: fn(&mut Observation)| {
        let mut seen = session(vec![succeeded()]);
        change(&mut seen);
        seen
    };
    let capture = |amount, currency: &str| {
        let received = Money::new(amount, currency.parse().unwrap());
        Fact::Succeeded(Capture { received, method: None, receipt_url: None })
    };
    for (reason, seen) in [
        ("livemode", other(|seen| seen.livemode = Some(true))),
        ("session id", other(|seen| seen.subject.session_id = Some("cs_2".to_owned()))),
        ("payment intent id", other(|seen| seen.subject.intent_id = Some("pi_2".to_owned()))),
        ("amount", other(|seen| seen.money = Some(Money::new(1, Currency::USD)))),
        ("amount", session(vec![capture(2998, "usd")])),
        ("currency", session(vec![capture(2999, "eur")])),
    ] {
        let mut payment = payment();
        apply(&mut payment, &session(vec![Fact::Opened]));
        payment.intent_id = Some("pi_1".to_owned());
        let before = payment.clone();
        let verdict = apply(&mut payment, &seen);
        assert_eq!(verdict.outcome, Outcome::Contradiction(reason));
        assert!(verdict.steps.is_empty());
        assert_eq!(payment, before);
    }
}

#[test]
fn an_absent_livemode_is_not_wrong() {
    let mut payment = payment();
    let seen = Observation { livemode: None, ..session(vec![succeeded()]) };
    assert_eq!(apply(&mut payment, &seen).outcome, Outcome::Advanced);
}

#[test]
fn an_intent_waits_for_its_session_and_a_refund_for_its_capture() {
    let mut payment = payment();
    assert!(matches!(apply(&mut payment, &intent(vec![succeeded()])).outcome, Outcome::Premature(_)));
    apply(&mut payment, &session(vec![Fact::Opened]));
    let refund = intent(vec![refunded("re_1", 2999, RefundStatus::Succeeded)]);
    assert!(matches!(apply(&mut payment, &refund).outcome, Outcome::Premature(_)));
    apply(&mut payment, &intent(vec![succeeded()]));
    assert_eq!(names(&apply(&mut payment, &refund)), ["refunded"]);
    assert_eq!((payment.refunded(), payment.refundable(), payment.is_paid()), (2999, 0, false));
}

#[test]
fn a_late_success_seen_with_its_refunds_is_never_told_as_money_of_ours() {
    use RefundStatus::{Failed, Pending, Succeeded};
    for (first, second, back) in
        [(Succeeded, Succeeded, 2999), (Pending, Succeeded, 2999), (Failed, Succeeded, 1999)]
    {
        let mut payment = payment();
        apply(&mut payment, &session(vec![Fact::Expired]));
        let told = vec![succeeded(), refunded("re_1", 1000, first), refunded("re_2", 1999, second)];
        let verdict = apply(&mut payment, &session(told));
        assert_eq!(names(&verdict), ["successful", "refunded", "refunded"]);
        let seen: Vec<_> = verdict.steps.iter().map(|step| step.after.refunded()).collect();
        assert_eq!(seen, [back; 3]);
    }
}

#[test]
fn a_success_seen_with_its_refund_was_opened_with_nothing_given_back() {
    let mut payment = payment();
    let verdict =
        apply(&mut payment, &session(vec![succeeded(), refunded("re_1", 2999, RefundStatus::Succeeded)]));
    assert_eq!(names(&verdict), ["created", "successful", "refunded"]);
    let seen: Vec<_> = verdict.steps.iter().map(|step| step.after.refunded()).collect();
    assert_eq!(seen, [0, 2999, 2999]);
}

#[test]
fn a_refund_that_fails_late_is_ours_again() {
    let mut payment = payment();
    apply(&mut payment, &session(vec![succeeded()]));
    for (status, refunded_now) in [
        (RefundStatus::Pending, 1000),
        (RefundStatus::Succeeded, 1000),
        (RefundStatus::Failed, 0),
        (RefundStatus::Pending, 0),
    ] {
        apply(&mut payment, &intent(vec![refunded("re_1", 1000, status)]));
        assert_eq!(payment.refunded(), refunded_now, "{status}");
    }
    assert!(payment.is_paid());
}

#[test]
fn a_session_that_never_was_is_nobodys_news_until_it_turns_up() {
    let mut payment = payment();
    let error = PaymentError::new("invalid_request_error", None);
    let verdict =
        apply(&mut payment, &Observation { facts: vec![Fact::NeverOpened(error)], ..Default::default() });
    assert_eq!((verdict.outcome, verdict.steps.len()), (Outcome::Advanced, 0));
    assert_eq!((payment.status, payment.sequence), (Status::Failed, 0));
    let verdict = apply(&mut payment, &session(vec![Fact::Opened]));
    assert_eq!(verdict.outcome, Outcome::Superseded);
    assert_eq!(names(&apply(&mut payment, &session(vec![succeeded()]))), ["created", "successful"]);
}
