//! order-service from outside: the real start-up, a database and topics per test, real Kafka, and a small fake of
//! payment-service's internal purchases API.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, missing_docs)]

mod access;
mod admin;
mod bad_inputs;
mod catalogue;
mod checkout;
mod closing;
mod ending;
mod holds;
mod logs;
mod main_flow;
mod records;
mod running;
mod settling;
mod support;
mod verify;
