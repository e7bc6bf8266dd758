//! The kit as services use it: a small app behind the real server on a port of its own, called over HTTP.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

mod app;
mod auth;
mod cors;
mod csrf;
mod health;
mod idempotency_key;
mod jwks;
mod problems;
mod requests;
mod shutdown;
mod tokens;
