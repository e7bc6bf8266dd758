//! What an order is and what may become of it: no I/O, no clock of its own, no other layer.

pub(crate) mod address;
#[cfg(test)]
mod convergence;
pub(crate) mod fingerprint;
pub(crate) mod number;
pub(crate) mod order;
pub(crate) mod payment;
pub(crate) mod payment_status;
pub(crate) mod pricing;
pub(crate) mod product;
mod redirects;
pub(crate) mod settlement;
pub(crate) mod state;
pub(crate) mod token;
