//! An order's payment status: a pure function of all its payments, never of the order of arrival.
//!
//! Succeeded if any payment succeeded (then by its refunds); else processing if any is; else what the newest
//! attempt shows. Where several succeeded, the one of which most was kept decides: an excess payment that
//! was given back does not make the order refunded.

use crate::domain::payment::{Payment, PaymentStatus};

/// What is shown as `paymentStatus`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Shown {
    Pending,
    Failed,
    Processing,
    Succeeded,
    Expired,
    Cancelled,
    PartiallyRefunded,
    Refunded,
}

impl Shown {
    pub(crate) const ALL: [Self; 8] = [
        Self::Pending,
        Self::Failed,
        Self::Processing,
        Self::Succeeded,
        Self::Expired,
        Self::Cancelled,
        Self::PartiallyRefunded,
        Self::Refunded,
    ];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Failed => "failed",
            Self::Processing => "processing",
            Self::Succeeded => "succeeded",
            Self::Expired => "expired",
            Self::Cancelled => "cancelled",
            Self::PartiallyRefunded => "partially_refunded",
            Self::Refunded => "refunded",
        }
    }
}

/// What one payment shows.
pub(crate) const fn of_payment(payment: &Payment) -> Shown {
    match payment.status {
        PaymentStatus::Created | PaymentStatus::Open if payment.declines > 0 => Shown::Failed,
        PaymentStatus::Created | PaymentStatus::Open => Shown::Pending,
        PaymentStatus::Processing => Shown::Processing,
        PaymentStatus::Expired => Shown::Expired,
        PaymentStatus::Cancelled => Shown::Cancelled,
        PaymentStatus::Failed => Shown::Failed,
        PaymentStatus::Succeeded if payment.amount_refunded <= 0 => Shown::Succeeded,
        PaymentStatus::Succeeded if payment.kept() > 0 => Shown::PartiallyRefunded,
        PaymentStatus::Succeeded => Shown::Refunded,
    }
}

/// The payment that speaks for the order.
pub(crate) fn deciding(payments: &[Payment]) -> Option<&Payment> {
    let newest = |status: Option<PaymentStatus>| {
        payments
            .iter()
            .filter(move |payment| status.is_none_or(|wanted| payment.status == wanted))
            .max_by_key(|payment| (payment.attempt, payment.id))
    };
    let best_success = payments
        .iter()
        .filter(|payment| payment.status == PaymentStatus::Succeeded)
        .min_by_key(|payment| (refund_rank(payment), payment.attempt, payment.id));
    best_success.or_else(|| newest(Some(PaymentStatus::Processing))).or_else(|| newest(None))
}

/// The order's payment status; an order without a payment is pending.
pub(crate) fn of_order(payments: &[Payment]) -> Shown {
    deciding(payments).map_or(Shown::Pending, of_payment)
}

const fn refund_rank(payment: &Payment) -> u8 {
    match of_payment(payment) {
        Shown::Refunded => 2,
        Shown::PartiallyRefunded => 1,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use kernel::{Currency, ManualClock, Money, PaymentId};
    use time::macros::datetime;

    use super::*;
    use crate::domain::payment::Details;

    fn payment(attempt: u32, status: PaymentStatus, declines: u32, amount_refunded: i64) -> Payment {
        let now = datetime!(2026-01-01 12:00 UTC);
        Payment {
            id: PaymentId::generate(&ManualClock::at(now)),
            attempt,
            sequence: 1,
            status,
            money: Money::new(1000, Currency::USD),
            amount_refunded,
            declines,
            last_error: None,
            details: Details::default(),
            created_at: now,
        }
    }

    #[test]
    fn every_column_of_the_table() {
        use PaymentStatus as S;
        for (status, declines, refunded, shown) in [
            (S::Created, 0, 0, "pending"),
            (S::Open, 0, 0, "pending"),
            (S::Open, 2, 0, "failed"),
            (S::Processing, 1, 0, "processing"),
            (S::Succeeded, 1, 0, "succeeded"),
            (S::Succeeded, 0, 400, "partially_refunded"),
            (S::Succeeded, 0, 1000, "refunded"),
            (S::Expired, 1, 0, "expired"),
            (S::Cancelled, 0, 0, "cancelled"),
            (S::Failed, 0, 0, "failed"),
        ] {
            let only = [payment(1, status, declines, refunded)];
            assert_eq!(of_order(&only).as_str(), shown, "{status:?}");
        }
        assert_eq!(of_order(&[]), Shown::Pending);
    }

    #[test]
    fn a_success_outranks_processing_which_outranks_the_newest_attempt() {
        use PaymentStatus as S;
        let rows =
            [payment(1, S::Succeeded, 0, 0), payment(2, S::Processing, 0, 0), payment(3, S::Open, 1, 0)];
        assert_eq!(of_order(&rows), Shown::Succeeded);
        assert_eq!(of_order(&rows[1..]), Shown::Processing);
        assert_eq!(of_order(&rows[2..]), Shown::Failed);
        assert_eq!(of_order(&[payment(2, S::Open, 0, 0), payment(1, S::Expired, 0, 0)]), Shown::Pending);
    }

    #[test]
    fn an_excess_payment_given_back_leaves_the_order_succeeded() {
        use PaymentStatus as S;
        let rows = [payment(1, S::Succeeded, 0, 1000), payment(2, S::Succeeded, 0, 0)];
        assert_eq!(of_order(&rows), Shown::Succeeded);
        assert_eq!(deciding(&rows).map(|payment| payment.attempt), Some(2));
    }
}
