//! The service from outside: REST, webhooks and events in; Stripe's double, rows and events out.

#![allow(missing_docs, clippy::unwrap_used, reason = "tests")]

mod address;
mod callers;
mod catalogue;
mod checkout;
mod checkout_inputs;
mod close;
mod configuration;
mod currencies;
mod early_events;
mod ensure;
mod logs;
mod main_flow;
mod reconcile;
mod refresh;
mod refunds;
mod rows;
mod shutdown;
mod trace;
mod unknown_outcomes;
mod unreadable_answers;
mod webhook_inputs;
mod webhooks;
mod world;
