//! The sandbox through real HTTP: as Stripe's clients, its customers and its webhook receivers meet it.
#![allow(missing_docs, clippy::unwrap_used)]

mod api;
mod checkout;
mod deliveries;
mod faults;
mod idempotency;
mod lists;
mod page;
mod payments;
mod program;
mod support;
mod typed_client;
