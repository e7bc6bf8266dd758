//! For tests only: what every test needs to own its surroundings and to wait without sleeping.
//!
//! A database per test ([`TestDatabase`]), a topic prefix per test ([`TopicPrefix`]), reading a topic
//! ([`read_topic`], [`read_to_end`]), bounded polling ([`eventually`]) and the workspace's binaries as processes
//! ([`Service`]). Outages have servers of their own: [`PrivatePostgres`], [`PrivateKafka`], [`MailServer`] and a
//! [`Gate`] in front of any. Everything here panics with a plain message where a test cannot go on.

mod backup;
mod blocking;
mod database;
mod eventually;
mod groups;
mod kafka;
mod locks;
mod mail_server;
mod private;
mod servers;
mod service;
mod template;
mod topics;

pub use backup::Backup;
pub use database::TestDatabase;
pub use eventually::{Outcome, eventually};
pub use groups::Group;
pub use kafka::{Received, read_to_end, read_topic, send};
pub use locks::Hold;
pub use mail_server::{Mail, MailServer, Mood, parse_mail};
pub use private::{Gate, Moment, PrivateKafka, PrivatePostgres};
pub use servers::{brokers, database_url, http_client};
pub use service::{Finished, Service, ServiceBuilder};
pub use topics::{TestTopics, TopicPrefix};

/// A name nothing else has, fit for databases, topics and files: `prefix` and twelve random hex digits.
#[must_use]
pub fn unique(prefix: &str) -> String {
    format!("{prefix}{}", hex::encode(kernel::random::bytes::<6>()))
}
