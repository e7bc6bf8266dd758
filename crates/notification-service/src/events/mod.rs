//! From Kafka to use cases.

mod handler;
mod letters;

pub(crate) use handler::{CustomerEvents, GROUP, SOURCE, TOPICS};
