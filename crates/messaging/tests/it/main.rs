//! The crate's promises, on a real PostgreSQL and a real Kafka, and on the embedded defaults.
#![allow(clippy::unwrap_used)]

mod consumer;
mod consumer_conflicts;
mod consumer_faults;
mod consumer_groups;
mod database;
mod dead_letters;
mod embedded;
mod lease;
mod metrics;
mod outages;
mod outbox;
mod relay;
mod relay_faults;
mod trace;
mod wakeup;
mod world;
