//! Events between the services: a row in the same transaction as the change, a relay that publishes it, a
//! consumer that applies it once.
//!
//! - [`OutboxWriter`] appends an event in the caller's transaction; the [`Relay`] publishes it and deletes the
//!   row; [`Wakeup`] makes that quick.
//! - [`Consumer`] hands messages to a [`Handler`] inside a transaction that holds the inbox row, so that an
//!   event has one effect however often it arrives. [`DeadLetters`] are the messages it gave up, [`Replay`] applies
//!   one after all.
//! - [`database`] opens, writes to and migrates PostgreSQL and SQLite; [`Lease`] lets one process at a time do
//!   what must not be done twice.

mod consumer;
pub mod database;
mod headers;
mod kafka;
mod lease;
mod metrics;
mod migrations;
mod outbox;
mod relay;
mod source;
mod tables;
mod topics;
mod trace;
mod wakeup;

pub use consumer::{
    Consumer, ConsumerConfig, DeadLetter, DeadLetters, Dismissal, Handler, HandlerError, Incoming,
    LetterAction, LetterFilter, LetterState, Replay, ReplayInterrupted, Replayed, RetryPolicy, Rewind,
    RewindError,
};
pub use kafka::KafkaConfig;
pub use lease::{Held, Lease};
pub use migrations::migrations;
pub use outbox::{OutboxError, OutboxWriter};
pub use relay::{Relay, RelayConfig};
pub use source::Source;
pub use topics::{TopicPlan, TopicsError, create_topics};
pub use wakeup::{Subscription, Wakeup};
