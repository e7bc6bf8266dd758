//! The real binaries over real PostgreSQL and Kafka, from outside: public REST, Stripe's side in the sandbox, mails.
//!
//! Every test has a [`tests_e2e::world::World`] of its own and ends with `world.ending()`: everything has drained, nothing is
//! dead, and what was captured and mailed is told for the test to compare.

#![allow(clippy::unwrap_used)]

mod cancelled;
mod crash;
mod dead_letters;
mod declined_then_paid;
mod direct_checkout;
mod expired_and_retried;
mod money;
mod operations;
mod outages;
mod paid;
mod paypal;
mod recovery;
mod replicas;
mod verify;
