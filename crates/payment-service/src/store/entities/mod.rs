//! Rows, column by column.

pub(super) mod catalogue_products;
pub(super) mod payment_declines;
pub(super) mod payment_history;
pub(super) mod payments;
pub(super) mod purchases;
pub(super) mod quarantine_actions;
pub(super) mod reconcile_runs;
pub(super) mod refund_requests;
pub(super) mod refunds;
pub(super) mod stripe_events;
pub(super) mod stripe_requests;
