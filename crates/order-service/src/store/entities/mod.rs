//! The tables, as sea-orm sees them.

pub(super) mod checkout_dedupe;
pub(super) mod order;
pub(super) mod order_history;
pub(super) mod order_item;
pub(super) mod order_number;
pub(super) mod order_payment;
pub(super) mod payment_refund;
pub(super) mod product;
pub(super) mod refund_request;
