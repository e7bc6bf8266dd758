//! What the tests stand on.

pub mod client;
pub mod fake_payments;
pub mod jwt;
pub mod kafka;
pub mod samples;
pub mod world;

pub use client::{Answer, Client};
pub use fake_payments::{AtStripe, FakePayments};
pub use samples::{address, cart};
pub use world::World;
