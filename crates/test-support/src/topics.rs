//! Topics of a test's own.

use std::fmt;
use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::error::RDKafkaErrorCode;

use crate::servers::is_shared;
use crate::{blocking, brokers, eventually, unique};

const PATIENCE: Duration = Duration::from_secs(30);

/// What goes in front of a test's topics and consumer groups: `t<random>.`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicPrefix(String);

impl TopicPrefix {
    /// One that nothing else uses.
    #[must_use]
    pub fn unique() -> Self {
        Self(unique("t") + ".")
    }

    /// As the services' `KAFKA_TOPIC_PREFIX`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The full name of a topic or group.
    #[must_use]
    pub fn topic(&self, name: &str) -> String {
        format!("{self}{name}")
    }

    /// Creates the topics `names` under this prefix and waits until every partition has a leader. Dropping the
    /// answer deletes them, and whatever else was made under the prefix.
    pub async fn create_topics(&self, names: &[&str], partitions: i32) -> TestTopics {
        self.create_topics_at(&brokers(), names, partitions).await
    }

    /// The same on the brokers at this address.
    pub async fn create_topics_at(&self, address: &str, names: &[&str], partitions: i32) -> TestTopics {
        let topics = self.owned_at(address);
        let names: Vec<String> = names.iter().map(|name| self.topic(name)).collect();
        let new: Vec<NewTopic<'_>> =
            names.iter().map(|name| NewTopic::new(name, partitions, TopicReplication::Fixed(1))).collect();
        let results = topics.admin.create_topics(&new, &options()).await.expect("the broker answers");
        for result in results {
            assert!(
                matches!(&result, Ok(_) | Err((_, RDKafkaErrorCode::TopicAlreadyExists))),
                "a topic was not created: {result:?}"
            );
        }
        eventually(PATIENCE, "the new topics have leaders", async || {
            let ready = topics.led(partitions);
            names.iter().all(|name| ready.contains(name))
        })
        .await;
        topics
    }

    /// Only the clean-up, on the brokers at this address: for binaries that create their topics by themselves. Those of
    /// a [`PrivateKafka`](crate::PrivateKafka) keep them to the end.
    #[must_use]
    pub fn owned_at(&self, address: &str) -> TestTopics {
        TestTopics {
            prefix: self.clone(),
            admin: admin(address),
            shared: is_shared("TEST_KAFKA_BROKERS", address),
        }
    }
}

impl fmt::Display for TopicPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The topics under a prefix; dropping it deletes them.
pub struct TestTopics {
    prefix: TopicPrefix,
    admin: AdminClient<DefaultClientContext>,
    /// With other tests, which have no use for them.
    shared: bool,
}

impl TestTopics {
    /// What their names begin with.
    #[must_use]
    pub const fn prefix(&self) -> &TopicPrefix {
        &self.prefix
    }

    /// The full names of the topics there are now.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        self.led(0)
    }

    /// Those with at least `partitions` partitions that have leaders.
    fn led(&self, partitions: i32) -> Vec<String> {
        let metadata = self.admin.inner().fetch_metadata(None, PATIENCE).expect("the broker answers");
        let wanted = usize::try_from(partitions).expect("a count");
        metadata
            .topics()
            .iter()
            .filter(|topic| topic.name().starts_with(self.prefix.as_str()))
            .filter(|topic| topic.partitions().iter().filter(|one| one.leader() >= 0).count() >= wanted)
            .map(|topic| topic.name().to_owned())
            .collect()
    }
}

impl fmt::Debug for TestTopics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TestTopics").field(&self.prefix).finish()
    }
}

impl Drop for TestTopics {
    fn drop(&mut self) {
        if !self.shared {
            return;
        }
        blocking::run("deleting the test's topics", || async {
            let names = self.names();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            if !names.is_empty() {
                self.admin.delete_topics(&names, &options()).await.expect("the broker answers");
            }
        });
    }
}

fn admin(address: &str) -> AdminClient<DefaultClientContext> {
    ClientConfig::new().set("bootstrap.servers", address).create().expect("the client's settings are fixed")
}

fn options() -> AdminOptions {
    AdminOptions::new().request_timeout(Some(PATIENCE)).operation_timeout(Some(PATIENCE))
}
