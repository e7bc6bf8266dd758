//! What the shop is made of, and how it is opened and closed.

mod account;
pub(crate) mod broker;
mod environment;
mod folder;
mod ports;
mod services;
mod shop;

pub(crate) use account::Account;
pub(crate) use shop::{Addresses, Shop};
