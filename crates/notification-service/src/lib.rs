//! Writes to the customer: reads `payment.*` and `order.*`, notes one mail per kind and subject, and sends it,
//! by SMTP or into a folder.

mod app;
mod command;
mod config;
mod domain;
mod email;
mod events;
mod http;
pub mod mailbox;
mod metrics;
pub mod startup;
mod store;
mod trace;
mod workers;

pub use command::NotificationService;
pub use config::Config;
pub use store::migrations::Migrator;
