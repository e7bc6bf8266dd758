//! Takes payments on Stripe and publishes what became of them.
//!
//! What Stripe says, by whatever way, is a fact; `domain::apply` ranks it, `app::apply_facts` applies it under the
//! purchase's lock together with its history and its events.

mod app;
mod command;
mod config;
mod domain;
mod events;
mod http;
mod quarantine;
pub mod startup;
mod store;
mod stripe;
mod workers;

pub use command::PaymentService;
pub use config::{Config, CoreConfig};
pub use store::Migrator;
