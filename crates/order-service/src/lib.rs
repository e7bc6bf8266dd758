//! order-service: the catalogue and its stock, orders and their states.
//!
//! An order waits for money, is paid by what payment-service says of its payments, and decides alone which
//! money is late or in excess. `http`, `events` and `workers` call `app`, which calls `store` and the ports;
//! `domain` knows nothing of them.

mod app;
mod command;
pub mod config;
mod domain;
mod events;
mod http;
mod payments;
pub mod startup;
mod store;
mod workers;

pub use command::OrderService;
pub use config::{Config, CoreConfig};
pub use startup::Application;
pub use store::Migrator;
