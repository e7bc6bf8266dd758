//! What the tests stand on.

pub mod client;
pub mod fake_payments;
pub mod jwt;
pub mod kafka;
pub mod samples;
pub mod world;

pub use client::Client;
pub use fake_payments::AtStripe;
pub use samples::{cart, order_id, ordered};
pub use world::World;
