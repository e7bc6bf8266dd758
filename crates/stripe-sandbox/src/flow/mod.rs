//! What happens to money: attempts, Checkout, settlement, refunds, expiry. Each function is one atomic
//! step on the state and emits the events Stripe would.

pub(crate) mod attempt;
pub(crate) mod checkout;
pub(crate) mod clockwork;
pub(crate) mod intents;
pub(crate) mod refunds;
pub(crate) mod settle;
