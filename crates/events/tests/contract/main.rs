//! The contract of `proto-events/` and the types of this crate are one: frozen examples, `.proto` files,
//! AsyncAPI document and Rust types are held against each other.

#![allow(clippy::unwrap_used)]

mod asyncapi;
mod examples;
mod fixtures;
mod proto;
mod purchases;
mod snapshot;
mod support;
mod tolerance;
