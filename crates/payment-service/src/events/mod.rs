//! From Kafka to use cases.

mod handler;

pub(crate) use handler::{GROUP, Handled, SOURCE, TOPICS};
