//! Rows and what they mean: entities, migrations, and functions that read and write the domain's types.
//!
//! Use cases own the transaction and pass it in. Lock order: order, then stock sorted by product id.

pub(crate) mod dedupe;
pub(crate) mod due;
mod entities;
pub(crate) mod history;
mod migrations;
pub(crate) mod orders;
pub(crate) mod payments;
pub(crate) mod products;
pub(crate) mod refunds;
mod rows;
pub(crate) mod stock;

pub use migrations::Migrator;
