//! order-service: the catalogue and its stock, orders and their states.
//!
//! An order waits for money, is paid by what payment-service says of its payments, and decides alone which
//! money is late or in excess. `http`, `events` and `workers` call `app`, which calls `store` and the ports;
//! `domain` knows nothing of them.

mod app;
pub mod config;
mod domain;
mod events;
mod http;
mod payments;
pub mod startup;
mod store;
mod supervise;
mod workers;

pub use config::Config;
pub use startup::Application;
