//! Use cases, one per file. Each owns its transaction and calls the store with it; the network is reached
//! through [`ports`] and never while a transaction is open.

pub(crate) mod access;
pub(crate) mod apply_product_event;
pub(crate) mod cancel;
pub(crate) mod checkout;
mod close;
mod context;
mod create_from_payment;
pub(crate) mod delete_product;
mod error;
pub(crate) mod expire;
pub(crate) mod find_order;
pub(crate) mod housekeeping;
mod journal;
pub(crate) mod list_products;
mod observed;
mod open_session;
pub(crate) mod ports;
mod publish;
pub(crate) mod record;
pub(crate) mod retry_session;
pub(crate) mod seed;
mod settle;
mod token;
pub(crate) mod upsert_product;
pub(crate) mod verify;
pub(crate) mod view;

pub(crate) use context::{App, Settings};
pub(crate) use error::Error;
pub(crate) use journal::Cause;
pub(crate) use observed::Observed;
