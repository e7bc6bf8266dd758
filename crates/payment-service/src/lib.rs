//! Takes payments on Stripe and publishes what became of them.

mod app;
mod domain;
mod store;
mod stripe;
