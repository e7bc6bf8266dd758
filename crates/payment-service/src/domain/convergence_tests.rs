//! Any order and any repetition of the facts about one payment ends in the same status, amounts and ledger.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::apply_tests::{declined, intent, payment, refunded, session, succeeded};
use super::*;

/// How a payment may go on after its Session was opened; several at once is money that came late.
fn endings() -> impl Strategy<Value = Vec<Observation>> {
    let ending = select(vec![
        session(vec![Fact::Opened, Fact::Processing]),
        session(vec![Fact::Opened, Fact::Expired]),
        session(vec![Fact::Cancelled]),
        session(vec![Fact::Failed(PaymentError::new("payment_intent_payment_attempt_failed", None))]),
        session(vec![Fact::Opened, succeeded()]),
        intent(vec![succeeded()]),
    ]);
    vec(ending, 0..4)
}

fn declines() -> impl Strategy<Value = Vec<Observation>> {
    let decline = (select(vec!["ch_1", "ch_2", "ch_3"]), 0..50_i64)
        .prop_map(|(key, second)| intent(vec![declined(key, second)]));
    vec(decline, 0..5)
}

/// Refunds only of money that was captured. One id always has one amount.
fn refunds() -> impl Strategy<Value = Vec<Observation>> {
    use RefundStatus::{Canceled, Failed, Pending, RequiresAction, Succeeded};
    let status = select(vec![Pending, RequiresAction, Succeeded, Failed, Canceled]);
    let refund = (select(vec![("re_1", 1000), ("re_2", 1999)]), status)
        .prop_map(|((id, amount), status)| intent(vec![refunded(id, amount, status)]));
    vec(refund, 0..6)
}

/// Looks that show a capture and all its refunds at once, as a Session or a charge does when money came long ago.
fn whole_looks() -> impl Strategy<Value = Vec<Observation>> {
    use RefundStatus::{Failed, Pending, Succeeded};
    let status = || select(vec![Pending, Succeeded, Failed]);
    let look = (status(), status()).prop_map(|(first, second)| {
        let refunds = [refunded("re_1", 1000, first), refunded("re_2", 1999, second)];
        session([Fact::Opened, succeeded()].into_iter().chain(refunds).collect())
    });
    vec(look, 0..2)
}

/// Everything that is ever told about one payment: once, and some of it again.
fn story() -> impl Strategy<Value = Vec<Observation>> {
    (declines(), endings(), refunds(), whole_looks()).prop_flat_map(|(declines, endings, refunds, looks)| {
        let mut told = vec![session(vec![Fact::Opened])];
        let captured =
            endings.iter().flat_map(|seen| &seen.facts).any(|fact| matches!(fact, Fact::Succeeded(_)));
        told.extend(declines);
        told.extend(endings);
        if captured || !looks.is_empty() {
            told.extend(refunds);
        }
        told.extend(looks);
        let again = vec(select(told.clone()), 0..5);
        again.prop_map(move |again| [told.clone(), again].concat())
    })
}

/// As the webhook and the sweeper do: what is premature is tried again after everything else.
fn play(story: &[Observation]) -> (Payment, Vec<Step>) {
    let mut payment = payment();
    let mut steps = Vec::new();
    let mut waiting: Vec<&Observation> = story.iter().collect();
    while !waiting.is_empty() {
        let before = waiting.len();
        waiting.retain(|seen| {
            let verdict = apply(&mut payment, seen);
            let captured = verdict.steps.iter().filter(|step| step.after.status == Status::Succeeded);
            for step in captured {
                assert_eq!(step.after.refunds, payment.refunds, "a snapshot hides money that is back");
            }
            steps.extend(verdict.steps);
            assert!(!matches!(verdict.outcome, Outcome::Contradiction(_)), "{:?}", verdict.outcome);
            matches!(verdict.outcome, Outcome::Premature(_))
        });
        assert!(waiting.len() < before, "premature for ever: {waiting:?}");
    }
    (payment, steps)
}

/// What has to be the same however the story was told: all but the number of snapshots.
fn essence(payment: Payment) -> Payment {
    Payment { sequence: 0, ..payment }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn every_order_and_repetition_converges(
        (told, shuffled) in story().prop_flat_map(|told| (Just(told.clone()), Just(told).prop_shuffle()))
    ) {
        let (expected, _) = play(&told);
        let (payment, steps) = play(&shuffled);
        prop_assert_eq!(essence(payment.clone()), essence(expected));

        let sequences: Vec<i64> = steps.iter().map(|step| step.after.sequence).collect();
        let counted: Vec<i64> = (1..).take(steps.len()).collect();
        prop_assert_eq!(sequences, counted, "snapshots are numbered without gaps");
        prop_assert!(steps.is_sorted_by_key(|step| step.after.status), "a published status lost rank");
        prop_assert!(matches!(steps[0].change, Change::Created));
        let successes = steps.iter().filter(|step| matches!(step.change, Change::Succeeded)).count();
        prop_assert_eq!(successes, usize::from(payment.status == Status::Succeeded));
        prop_assert_eq!(&steps.last().unwrap().after.refunds, &payment.refunds);

        let (mut again, before) = (payment.clone(), payment);
        for seen in &shuffled {
            prop_assert_eq!(apply(&mut again, seen).steps.len(), 0, "a replay published something");
        }
        prop_assert_eq!(again, before, "a replay changed something");
    }
}
