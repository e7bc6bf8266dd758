//! What follows for an order from its payments: pay it, revive it, give money back, or nothing.
//!
//! One pure function, asked again after every step until nothing is left to do. A payment for which money
//! was already asked back never counts again, and neither does one that is unlike the order.

use std::cmp::Reverse;

use kernel::{Money, PaymentId};

use crate::domain::order::StockState;
use crate::domain::payment::{Payment, PaymentStatus};
use crate::domain::state::State;

/// Why money is asked back; with the payment's id it is unique.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum RefundReason {
    /// It came for a cancelled or expired order whose goods cannot be had any more.
    Late,
    /// The order was already paid by another payment.
    Excess,
    /// The order had to be cancelled as its goods could not be had.
    Cancelled,
}

impl RefundReason {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Late => "late",
            Self::Excess => "excess",
            Self::Cancelled => "cancelled",
        }
    }
}

/// Where the goods of a paid order come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Goods {
    /// They are held for it.
    Held,
    /// They have to be taken now, all or none.
    ToBeTaken,
}

/// Money to be given back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RefundDue {
    pub(crate) payment_id: PaymentId,
    pub(crate) money: Money,
    pub(crate) reason: RefundReason,
}

/// What to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    Nothing,
    /// If the goods cannot be taken, ask again with `refused`.
    Pay {
        by: PaymentId,
        goods: Goods,
    },
    /// The order ends and its money goes back.
    Abandon(RefundDue),
    Refund(RefundDue),
}

/// What the decision rests on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Facts<'a> {
    pub(crate) state: &'a State,
    pub(crate) stock: StockState,
    /// What the order costs.
    pub(crate) total: Money,
    pub(crate) payments: &'a [Payment],
    /// Payments for which money was asked back.
    pub(crate) requested: &'a [PaymentId],
    /// The goods could not be taken just now.
    pub(crate) refused: bool,
}

impl<'a> Facts<'a> {
    /// Successes that match the order, of whose money something is kept, and that have no refund request, first attempt
    /// first.
    fn claims(&self) -> impl Iterator<Item = &'a Payment> {
        let Self { total, payments, requested, .. } = *self;
        payments
            .iter()
            .filter(|payment| payment.status == PaymentStatus::Succeeded && payment.kept() > 0)
            .filter(move |payment| payment.money == total && !requested.contains(&payment.id))
    }
}

/// The next step.
pub(crate) fn next(facts: &Facts<'_>) -> Step {
    match facts.state {
        // Money that was given back since buys nothing, and of several captures the one that is whole pays.
        State::Pending(_) => facts.claims().max_by_key(most_kept).map_or(Step::Nothing, |claim| {
            let goods = match facts.stock {
                StockState::Held => Goods::Held,
                _ => Goods::ToBeTaken,
            };
            if goods == Goods::ToBeTaken && facts.refused {
                Step::Abandon(due(claim, RefundReason::Cancelled))
            } else {
                Step::Pay { by: claim.id, goods }
            }
        }),
        // Only the whole price revives. Of money that is partly back already the rest follows; all of it back revives
        // nothing.
        State::Cancelled | State::Expired => facts.claims().next().map_or(Step::Nothing, |claim| {
            if facts.refused || claim.kept() < facts.total.amount {
                Step::Refund(due(claim, RefundReason::Late))
            } else {
                Step::Pay { by: claim.id, goods: Goods::ToBeTaken }
            }
        }),
        State::Paid { by } => facts
            .claims()
            .find(|claim| claim.id != *by)
            .map_or(Step::Nothing, |claim| Step::Refund(due(claim, RefundReason::Excess))),
    }
}

/// Of equal ones the first attempt.
fn most_kept(claim: &&Payment) -> (i64, Reverse<u32>) {
    (claim.kept(), Reverse(claim.attempt))
}

const fn due(payment: &Payment, reason: RefundReason) -> RefundDue {
    RefundDue { payment_id: payment.id, money: Money::new(payment.kept(), payment.money.currency), reason }
}
