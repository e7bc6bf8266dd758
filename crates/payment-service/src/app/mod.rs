//! Use cases.

pub(crate) mod ports;
