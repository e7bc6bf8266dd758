//! A stateful double of Stripe for tests and the demo: the part of its API a shop's payments need, a hosted
//! Checkout page, signed and retried webhooks, and fault switches. No money moves; all state is in memory.
//!
//! [`Sandbox::start`] runs one inside the process; the binary `stripe-sandbox` runs one by itself.

// The objects' JSON is large: `json!` recurses once per entry.
#![recursion_limit = "256"]

mod amounts;
mod api;
mod app;
mod calls;
mod cards;
mod checkout_page;
mod config;
mod control;
mod deliveries;
mod error;
mod faults;
mod flow;
mod form;
mod idempotency;
mod ids;
mod metadata;
mod params;
mod server;
mod state;

pub use config::{Config, ConfigError};
pub use server::{Running, Sandbox};
