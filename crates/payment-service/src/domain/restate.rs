//! How a payment stands, told anew after its database was put back to an older state.

use super::{Change, Observation, Outcome, Payment, Status, Step, Verdict, apply};

/// Applies what is true at Stripe, and publishes how the payment stands in the end, whether that is news or not.
///
/// Consumers have seen snapshots that the restored database has forgotten, so the next numbers of the payment's own
/// count would be old to them. `floor` is higher than any of them can be; what is told here is numbered from there on.
/// What led to the end is not told again: on the way, consumers would fall back to what they have long left behind.
pub(crate) fn restate(payment: &mut Payment, seen: &Observation, floor: i64) -> Verdict {
    let sequence = payment.sequence;
    let Verdict { outcome, .. } = apply(payment, seen);
    if matches!(outcome, Outcome::Contradiction(_) | Outcome::Premature(_)) {
        return Verdict { outcome, steps: Vec::new() };
    }
    payment.sequence = sequence;
    let changes = standing(payment);
    if changes.is_empty() {
        return Verdict { outcome, steps: Vec::new() };
    }
    payment.sequence = payment.sequence.max(floor);
    let steps = changes.into_iter().map(|change| {
        payment.sequence += 1;
        Step { change, after: payment.clone() }
    });
    Verdict { outcome: Outcome::Advanced, steps: steps.collect() }
}

/// What a consumer has to hear to know how the payment stands. Every snapshot shows all of the end.
fn standing(payment: &Payment) -> Vec<Change> {
    match payment.status {
        Status::Created => Vec::new(),
        // Its Session never was: nobody has heard of it.
        Status::Failed if payment.session_id.is_none() => Vec::new(),
        Status::Open => vec![Change::Created],
        Status::Processing => vec![Change::Processing],
        Status::Expired | Status::Cancelled => vec![Change::Expired],
        Status::Failed => payment.last_error().cloned().map(Change::Failed).into_iter().collect(),
        Status::Succeeded => {
            let refunds = payment.refunds.values().cloned().map(Change::Refunded);
            [Change::Succeeded].into_iter().chain(refunds).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use kernel::{Currency, Money};
    use time::macros::datetime;

    use super::*;
    use crate::domain::{Capture, Fact, Refund, RefundStatus, Subject};

    const FLOOR: i64 = 1_700_000_000;

    fn open(sequence: i64) -> Payment {
        Payment {
            id: "01890a5d-ac96-774b-bcce-b302099a8057".parse().unwrap(),
            purchase_id: "order".to_owned(),
            attempt: 1,
            generation: 1,
            status: Status::Open,
            sequence,
            money: Money::new(1000, Currency::USD),
            received: 0,
            session_id: Some("cs_1".to_owned()),
            intent_id: None,
            url: None,
            client_secret: None,
            expires_at: datetime!(2026-01-01 12:00 UTC),
            email: None,
            method: None,
            receipt_url: None,
            declines: Default::default(),
            failure: None,
            refunds: Default::default(),
            livemode: false,
            last_event_id: None,
            traceparent: None,
            created_at: datetime!(2026-01-01 11:00 UTC),
        }
    }

    fn paid_and_refunded(amounts: &[i64]) -> Observation {
        let received = Money::new(1000, Currency::USD);
        let mut facts =
            vec![Fact::Opened, Fact::Succeeded(Capture { received, method: None, receipt_url: None })];
        facts.extend(amounts.iter().enumerate().map(|(number, amount)| {
            Fact::Refunded(Refund {
                id: format!("re_{number}"),
                amount: *amount,
                status: RefundStatus::Succeeded,
                reason: None,
                request_id: None,
            })
        }));
        let subject = Subject { session_id: Some("cs_1".to_owned()), ..Subject::default() };
        Observation { subject, facts, ..Observation::default() }
    }

    #[test]
    fn every_snapshot_shows_the_end_and_is_numbered_above_the_floor() {
        let mut payment = open(1);
        let verdict = restate(&mut payment, &paid_and_refunded(&[400, 600]), FLOOR);
        assert_eq!(verdict.outcome, Outcome::Advanced);
        let told: Vec<_> = verdict
            .steps
            .iter()
            .map(|step| (step.after.sequence - FLOOR, step.after.status, step.after.refunded()))
            .collect();
        assert_eq!(told, [1, 2, 3].map(|number| (number, Status::Succeeded, 1000)));
        assert_eq!(payment.sequence, FLOOR + 3);
    }

    #[test]
    fn what_is_known_already_is_told_again() {
        let mut payment = open(2);
        let seen = Observation { facts: vec![Fact::Opened], ..Observation::default() };
        let verdict = restate(&mut payment, &seen, FLOOR);
        assert_eq!(verdict.steps.iter().map(|step| &step.change).collect::<Vec<_>>(), [&Change::Created]);
        assert_eq!(payment.sequence, FLOOR + 1);
        restate(&mut payment, &seen, FLOOR);
        assert_eq!(payment.sequence, FLOOR + 2, "it never falls back");
    }

    #[test]
    fn what_cannot_be_about_the_payment_changes_nothing() {
        let mut payment = open(2);
        let mut seen = paid_and_refunded(&[]);
        seen.money = Some(Money::new(999, Currency::USD));
        let verdict = restate(&mut payment, &seen, FLOOR);
        assert_eq!((verdict.outcome, verdict.steps.len()), (Outcome::Contradiction("amount"), 0));
        assert_eq!(payment, open(2));
    }

    #[test]
    fn nobody_hears_of_what_never_began() {
        let mut payment = Payment { status: Status::Created, session_id: None, ..open(0) };
        let error = crate::domain::PaymentError::new("session_not_created", None);
        let seen = Observation { facts: vec![Fact::NeverOpened(error)], ..Observation::default() };
        assert!(restate(&mut payment, &seen, FLOOR).steps.is_empty());
        assert_eq!((payment.status, payment.sequence), (Status::Failed, 0));
    }
}
