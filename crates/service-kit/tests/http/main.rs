//! The kit as services use it: a small app behind the real server on a port of its own, called over HTTP.

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
