//! Every permutation and repetition of the snapshots of an order's payments ends the same.
//!
//! What ends the same: the order's status, its payment status, what is known of every payment, and how many
//! payments were given back or asked back. Which of several captures is kept is whichever came first, as
//! money that was asked back cannot be asked for again. For the same reason an order that had ended is revived by a
//! capture and keeps what is left when part of it goes back later, but is not revived by what is left of a capture:
//! there, too, whichever snapshot came first decides, and the money is accounted for either way.
//!
//! Left out: everything that is not a snapshot. Deadlines, closing, retries and refunds that are carried out in
//! between depend on when they happen; they and the database's part of it (locks, sequences of the order's own
//! events, history, refunds' rows) are tested against the running service. Orders made from a payment are, too.

use kernel::{Currency, ManualClock, Money, PaymentId};
use proptest::prelude::*;
use time::macros::datetime;
use time::{Duration, OffsetDateTime};

use crate::domain::order::StockState;
use crate::domain::payment::{self, Details, Payment, PaymentStatus as S};
use crate::domain::payment_status::{self, Shown};
use crate::domain::settlement::{self, Facts, Goods, RefundReason, Step};
use crate::domain::state::{Closing, Pending, State, Status};

const NOW: OffsetDateTime = datetime!(2026-01-01 12:00 UTC);
const TOTAL: Money = Money::new(1000, Currency::USD);

/// An order without a database: applies snapshots and carries out what follows.
#[derive(Debug, Clone)]
struct World {
    state: State,
    stock: StockState,
    /// Whether goods that are not held can be taken.
    shelf: bool,
    payments: Vec<Payment>,
    requests: Vec<(PaymentId, i64, RefundReason)>,
}

impl World {
    fn receive(&mut self, snapshot: Payment) {
        payment::apply(&mut self.payments, snapshot);
        let mut refused = false;
        loop {
            let requested: Vec<_> = self.requests.iter().map(|(id, ..)| *id).collect();
            let step = settlement::next(&Facts {
                state: &self.state,
                stock: self.stock,
                total: TOTAL,
                payments: &self.payments,
                requested: &requested,
                refused,
            });
            match step {
                Step::Nothing => return,
                Step::Pay { goods: Goods::ToBeTaken, .. } if !self.shelf => refused = true,
                Step::Pay { by, .. } => {
                    self.state = self.state.pay(by).unwrap();
                    self.stock = StockState::Committed;
                }
                Step::Abandon(due) => {
                    self.state = self.state.abandon().unwrap();
                    self.requests.push((due.payment_id, due.money.amount, due.reason));
                }
                Step::Refund(due) => self.requests.push((due.payment_id, due.money.amount, due.reason)),
            }
        }
    }

    fn ending(&self) -> (&'static str, Shown, Vec<Payment>, usize) {
        let given_back = |payment: &&Payment| {
            payment.status == S::Succeeded
                && (payment.kept() == 0 || self.requests.iter().any(|(id, ..)| *id == payment.id))
        };
        (
            self.state.status().as_str(),
            payment_status::of_order(&self.payments),
            self.payments.clone(),
            self.payments.iter().filter(given_back).count(),
        )
    }
}

/// One payment's life as payment-service publishes it: sequence 1, 2, 3, …
fn life(attempt: u32, steps: &[(S, u32, i64)]) -> Vec<Payment> {
    let id = PaymentId::generate(&ManualClock::at(NOW));
    let mut declines = 0;
    (1..)
        .zip(steps)
        .map(|(sequence, (status, declined, amount_refunded))| {
            declines += declined;
            Payment {
                id,
                attempt,
                sequence,
                status: *status,
                money: TOTAL,
                amount_refunded: *amount_refunded,
                declines,
                last_error: None,
                details: Details {
                    session_id: Some(format!("cs_{attempt}")),
                    // Only the first event carries the page, only the success the method.
                    url: (sequence == 1).then(|| "https://pay.example".to_owned()),
                    method: (*status == S::Succeeded).then(|| "card".to_owned()),
                    ..Details::default()
                },
                created_at: NOW + Duration::seconds(sequence),
            }
        })
        .collect()
}

fn lives() -> impl Strategy<Value = Vec<(S, u32, i64)>> {
    prop::sample::select(vec![
        vec![(S::Open, 0, 0)],
        vec![(S::Open, 0, 0), (S::Open, 1, 0), (S::Succeeded, 0, 0)],
        vec![(S::Open, 0, 0), (S::Processing, 0, 0), (S::Succeeded, 0, 0)],
        vec![(S::Open, 0, 0), (S::Processing, 0, 0), (S::Failed, 1, 0)],
        vec![(S::Open, 0, 0), (S::Open, 1, 0), (S::Expired, 0, 0)],
        vec![(S::Open, 0, 0), (S::Expired, 0, 0), (S::Succeeded, 0, 0)],
        vec![(S::Open, 0, 0), (S::Cancelled, 0, 0), (S::Succeeded, 0, 0), (S::Succeeded, 0, 300)],
    ])
}

fn starts() -> impl Strategy<Value = (State, StockState)> {
    let pending = |closing| State::Pending(Pending { hold_until: NOW, closing });
    prop::sample::select(vec![
        (pending(None), StockState::Held),
        (pending(Some(Closing::Cancel)), StockState::Held),
        (pending(None), StockState::None),
        (State::Cancelled, StockState::Released),
        (State::Expired, StockState::Released),
    ])
}

/// The snapshots in order, and an arrival of them: each at least once, some more often, shuffled.
fn arrivals() -> impl Strategy<Value = (Vec<Payment>, Vec<Payment>)> {
    prop::collection::vec(lives(), 1..4)
        .prop_map(|lives| {
            (1..).zip(&lives).flat_map(|(attempt, steps)| life(attempt, steps)).collect::<Vec<_>>()
        })
        .prop_flat_map(|ordered| {
            let again = prop::collection::vec(prop::sample::select(ordered.clone()), 0..8);
            (Just(ordered), again)
        })
        .prop_flat_map(|(ordered, again)| {
            let arrival: Vec<_> = ordered.iter().cloned().chain(again).collect();
            (Just(ordered), Just(arrival).prop_shuffle())
        })
}

proptest! {
    #[test]
    fn every_arrival_ends_the_same((ordered, arrival) in arrivals(), (state, stock) in starts(), shelf: bool) {
        let start = World { state, stock, shelf, payments: Vec::new(), requests: Vec::new() };
        let (mut straight, mut shuffled) = (start.clone(), start);
        ordered.iter().for_each(|snapshot| straight.receive(snapshot.clone()));
        arrival.iter().for_each(|snapshot| shuffled.receive(snapshot.clone()));
        let had_ended = matches!(state, State::Cancelled | State::Expired);
        let in_parts = ordered.iter().any(|payment| payment.amount_refunded > 0);
        if !(had_ended && in_parts) {
            prop_assert_eq!(straight.ending(), shuffled.ending());
        }

        // At most one capture is kept, and nothing is asked back twice.
        let captured = shuffled.payments.iter().filter(|payment| payment.status == S::Succeeded).count();
        let (status, _, _, given_back) = shuffled.ending();
        prop_assert_eq!(captured - given_back, usize::from(status == "paid"));
        let mut asked: Vec<_> = shuffled.requests.iter().map(|(id, ..)| *id).collect();
        asked.sort();
        asked.dedup();
        prop_assert_eq!(asked.len(), shuffled.requests.len());

        // Replaying everything changes nothing.
        let before = shuffled.clone();
        arrival.into_iter().for_each(|snapshot| shuffled.receive(snapshot));
        prop_assert_eq!(before.requests, shuffled.requests.clone());
        prop_assert_eq!(before.payments, shuffled.payments);
    }
}

#[test]
fn money_that_is_already_back_revives_nothing() {
    let snapshots = life(1, &[(S::Open, 0, 0), (S::Succeeded, 0, 0), (S::Succeeded, 0, 1000)]);
    let mut world = World {
        state: State::Cancelled,
        stock: StockState::Released,
        shelf: true,
        payments: Vec::new(),
        requests: Vec::new(),
    };
    world.receive(snapshots[2].clone());
    world.receive(snapshots[1].clone());
    assert_eq!(world.state, State::Cancelled);
    assert_eq!(world.requests, []);
}

fn pending(stock: StockState, shelf: bool) -> World {
    let state = State::Pending(Pending { hold_until: NOW, closing: None });
    World { state, stock, shelf, payments: Vec::new(), requests: Vec::new() }
}

#[test]
fn an_order_without_goods_asks_back_what_is_kept() {
    for (refunded, state, asked) in [
        (0, Status::Cancelled, vec![1000]),
        (300, Status::Cancelled, vec![700]),
        // Nothing is left that could buy anything: its time runs out.
        (1000, Status::Pending, vec![]),
    ] {
        let mut world = pending(StockState::None, false);
        world.receive(life(1, &[(S::Succeeded, 0, refunded)]).remove(0));
        let amounts: Vec<_> = world.requests.iter().map(|(_, amount, _)| *amount).collect();
        assert_eq!((world.state.status(), amounts), (state, asked));
    }
}

#[test]
fn of_two_captures_the_one_that_is_kept_pays() {
    let (kept, refunded) = (life(1, &[(S::Succeeded, 0, 0)]), life(2, &[(S::Succeeded, 0, 1000)]));
    let mut world = pending(StockState::Held, true);
    world.receive(refunded[0].clone());
    world.receive(kept[0].clone());
    assert_eq!((world.state, world.requests), (State::Paid { by: kept[0].id }, Vec::new()));

    let partly = life(1, &[(S::Succeeded, 0, 300)]);
    let mut world = pending(StockState::Held, true);
    world.payments = [partly[0].clone()].to_vec();
    world.receive(life(2, &[(S::Succeeded, 0, 0)]).remove(0));
    assert_eq!(world.requests, [(partly[0].id, 700, RefundReason::Excess)]);
}

#[test]
fn what_is_left_of_a_capture_revives_nothing_and_goes_back() {
    for state in [State::Cancelled, State::Expired] {
        let snapshots = life(1, &[(S::Open, 0, 0), (S::Succeeded, 0, 300), (S::Succeeded, 0, 300)]);
        let mut world = World {
            state,
            stock: StockState::Released,
            shelf: true,
            payments: Vec::new(),
            requests: Vec::new(),
        };
        for snapshot in &snapshots {
            world.receive(snapshot.clone());
        }
        assert_eq!(world.state, state);
        assert_eq!(world.requests, [(snapshots[0].id, 700, RefundReason::Late)]);
    }
}

#[test]
fn a_payment_unlike_the_order_settles_nothing() {
    let mut snapshot = life(1, &[(S::Succeeded, 0, 0)]).remove(0);
    snapshot.money = Money::new(999, Currency::USD);
    let mut world = World {
        state: State::Expired,
        stock: StockState::Released,
        shelf: true,
        payments: Vec::new(),
        requests: Vec::new(),
    };
    world.receive(snapshot);
    assert_eq!((world.state, world.requests), (State::Expired, Vec::new()));
}
