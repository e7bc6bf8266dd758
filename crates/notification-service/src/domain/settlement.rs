//! Which mails a payment makes untrue.

use super::Kind;

/// A purchase is known to be paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Settlement {
    /// The newest snapshot that says so; none for a booking, and until the order itself has said it.
    pub(crate) paid_sequence: Option<i64>,
}

impl Settlement {
    /// Whether a mail of this kind, written from the order's snapshot of this sequence, is no longer true. What
    /// became of the order after it was paid (a higher sequence) is news.
    pub(crate) fn outdates(self, kind: Kind, sequence: Option<i64>) -> bool {
        match kind {
            Kind::OrderConfirmed | Kind::PaymentRefunded => false,
            Kind::PaymentFailed => true,
            Kind::OrderCancelled | Kind::OrderExpired => {
                sequence.zip(self.paid_sequence).is_some_and(|(written, paid)| written < paid)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_happened_before_the_payment_is_outdated() {
        let paid = Settlement { paid_sequence: Some(4) };
        for kind in [Kind::OrderCancelled, Kind::OrderExpired] {
            let outdated = [3, 4, 5].map(|sequence| paid.outdates(kind, Some(sequence)));
            assert_eq!(outdated, [true, false, false], "{kind:?}");
            assert!(!Settlement { paid_sequence: None }.outdates(kind, Some(1)), "{kind:?}");
        }
        assert!(!paid.outdates(Kind::OrderConfirmed, Some(3)));
        assert!(!paid.outdates(Kind::PaymentRefunded, None));
        assert!(paid.outdates(Kind::PaymentFailed, None));
    }
}
