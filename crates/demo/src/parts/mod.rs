//! What the shop is made of, and how it is opened and closed.

pub(crate) mod broker;
mod environment;
mod ports;
mod services;
mod shop;

pub(crate) use shop::{Addresses, Shop};
