//! The status words known today. On the wire they are strings, so that old readers survive new ones.

/// `status` of a payment, in rising rank.
pub mod payment {
    /// The attempt is stored, Stripe was not heard yet.
    pub const CREATED: &str = "created";
    /// It can be paid.
    pub const OPEN: &str = "open";
    /// A delayed method was started.
    pub const PROCESSING: &str = "processing";
    /// The Session ended unpaid.
    pub const EXPIRED: &str = "expired";
    /// The PaymentIntent was cancelled.
    pub const CANCELLED: &str = "cancelled";
    /// A delayed method failed, or the attempt could not be made.
    pub const FAILED: &str = "failed";
    /// Money was captured.
    pub const SUCCEEDED: &str = "succeeded";
    /// All of them, in rising rank.
    pub const ALL: &[&str] = &[CREATED, OPEN, PROCESSING, EXPIRED, CANCELLED, FAILED, SUCCEEDED];
}

/// `status` of an order.
pub mod order {
    /// Waits for money.
    pub const PENDING: &str = "pending";
    /// Paid.
    pub const PAID: &str = "paid";
    /// On its way.
    pub const FULFILLED: &str = "fulfilled";
    /// Done.
    pub const COMPLETED: &str = "completed";
    /// Cancelled before it was paid.
    pub const CANCELLED: &str = "cancelled";
    /// Not paid in time.
    pub const EXPIRED: &str = "expired";
    /// All of them.
    pub const ALL: &[&str] = &[PENDING, PAID, FULFILLED, COMPLETED, CANCELLED, EXPIRED];
}

/// `paymentStatus` of an order.
pub mod order_payment {
    /// Nothing happened yet.
    pub const PENDING: &str = "pending";
    /// A delayed method was started.
    pub const PROCESSING: &str = "processing";
    /// The newest attempt was declined or failed; a next one may be made.
    pub const FAILED: &str = "failed";
    /// The newest attempt ended unpaid.
    pub const EXPIRED: &str = "expired";
    /// The newest attempt was cancelled.
    pub const CANCELLED: &str = "cancelled";
    /// Paid.
    pub const SUCCEEDED: &str = "succeeded";
    /// Paid, and part of it was given back.
    pub const PARTIALLY_REFUNDED: &str = "partially_refunded";
    /// Paid, and all of it was given back.
    pub const REFUNDED: &str = "refunded";
    /// All of them.
    pub const ALL: &[&str] =
        &[PENDING, PROCESSING, FAILED, EXPIRED, CANCELLED, SUCCEEDED, PARTIALLY_REFUNDED, REFUNDED];
}

/// `refundStatus` of a refund.
pub mod refund {
    /// On its way.
    pub const PENDING: &str = "pending";
    /// Given back.
    pub const SUCCEEDED: &str = "succeeded";
    /// It did not arrive; may follow `succeeded`.
    pub const FAILED: &str = "failed";
    /// All of them.
    pub const ALL: &[&str] = &[PENDING, SUCCEEDED, FAILED];
}

/// `reason` of `order.refund_requested`.
pub mod refund_reason {
    /// Money arrived for an order that had ended and could not be revived.
    pub const LATE: &str = "late";
    /// A second payment of one order.
    pub const EXCESS: &str = "excess";
    /// A paid order was cancelled.
    pub const CANCELLED: &str = "cancelled";
    /// All of them.
    pub const ALL: &[&str] = &[LATE, EXCESS, CANCELLED];
}

/// `userId` of a buyer without an account.
pub const GUEST: &str = "guest";
