//! Captured and refunded money of the payments a run has looked at, at Stripe and with us, per currency.

use std::collections::BTreeMap;

use kernel::Currency;
use serde::Serialize;

use crate::domain::{Fact, Observation, Payment};

/// Minor units of one payment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) captured: i64,
    pub(super) refunded: i64,
}

impl Held {
    /// What Stripe says.
    pub(super) fn at_stripe(seen: &Observation) -> Self {
        let mut held = Self::default();
        for fact in &seen.facts {
            match fact {
                Fact::Succeeded(capture) => held.captured = capture.received.amount,
                Fact::Refunded(refund) if refund.status.counts() => {
                    held.refunded = held.refunded.saturating_add(refund.amount);
                }
                _ => {}
            }
        }
        held
    }

    /// What we know.
    pub(super) fn with_us(payment: &Payment) -> Self {
        Self { captured: payment.received, refunded: payment.refunded() }
    }

    const fn net(self) -> i64 {
        self.captured.saturating_sub(self.refunded)
    }

    /// By how much the two disagree: the captures, or the refunds, or both.
    pub(super) const fn apart(self, other: Self) -> i64 {
        let captured = self.captured.saturating_sub(other.captured).saturating_abs();
        let refunded = self.refunded.saturating_sub(other.refunded).saturating_abs();
        captured.saturating_add(refunded)
    }
}

/// Sums of one currency, in its minor unit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Sums {
    /// Captured at Stripe.
    pub(crate) captured_at_stripe: i64,
    /// Captured as we knew before the run.
    pub(crate) captured_before: i64,
    /// Captured as we know now.
    pub(crate) captured_after: i64,
    /// Given back at Stripe.
    pub(crate) refunded_at_stripe: i64,
    /// Given back as we knew before the run.
    pub(crate) refunded_before: i64,
    /// Given back as we know now.
    pub(crate) refunded_after: i64,
    /// What is still apart, payment by payment; differences never make up for each other.
    pub(crate) unreconciled: i64,
}

/// The sums by currency code.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub(crate) struct Books(pub(crate) BTreeMap<String, Sums>);

impl Books {
    /// Adds one payment. How far Stripe and we are apart in it now.
    pub(super) fn add(&mut self, currency: Currency, (stripe, before, after): (Held, Held, Held)) -> i64 {
        let apart = stripe.apart(after);
        let sums = self.0.entry(currency.code().to_owned()).or_default();
        for (sum, amount) in [
            (&mut sums.captured_at_stripe, stripe.captured),
            (&mut sums.captured_before, before.captured),
            (&mut sums.captured_after, after.captured),
            (&mut sums.refunded_at_stripe, stripe.refunded),
            (&mut sums.refunded_before, before.refunded),
            (&mut sums.refunded_after, after.refunded),
            (&mut sums.unreconciled, apart),
        ] {
            *sum = sum.saturating_add(amount);
        }
        apart
    }

    /// Adds a payment of ours that Stripe does not show: all of its money is in doubt.
    pub(super) fn doubt(&mut self, payment: &Payment) {
        let ours = Held::with_us(payment);
        let sums = self.0.entry(payment.money.currency.code().to_owned()).or_default();
        sums.captured_before = sums.captured_before.saturating_add(ours.captured);
        sums.captured_after = sums.captured_after.saturating_add(ours.captured);
        sums.refunded_before = sums.refunded_before.saturating_add(ours.refunded);
        sums.refunded_after = sums.refunded_after.saturating_add(ours.refunded);
        sums.unreconciled = sums.unreconciled.saturating_add(ours.net().saturating_abs());
    }

    /// Still apart, by currency.
    pub(crate) fn unreconciled(&self) -> impl Iterator<Item = (&str, i64)> {
        self.0.iter().map(|(currency, sums)| (currency.as_str(), sums.unreconciled))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_do_not_make_up_for_each_other() {
        let held = |captured, refunded| Held { captured, refunded };
        let mut books = Books::default();
        assert_eq!(books.add(Currency::USD, (held(1000, 0), held(0, 0), held(0, 0))), 1000);
        assert_eq!(books.add(Currency::USD, (held(0, 0), held(1000, 0), held(1000, 0))), 1000);
        assert_eq!(books.add(Currency::USD, (held(1000, 400), held(1000, 0), held(1000, 400))), 0);
        let usd = books.0["usd"];
        assert_eq!((usd.captured_at_stripe, usd.captured_after), (2000, 2000));
        assert_eq!(usd.unreconciled, 2000);
    }
}
