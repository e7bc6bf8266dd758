//! librdkafka's in-process broker with the topics of the contract.

use anyhow::Context;
use events::Topic;
use rdkafka::mocking::MockCluster;
use rdkafka::producer::DefaultProducerContext;

const PARTITIONS: i32 = 3;

/// A broker that lives as long as this value, in memory.
pub(crate) struct Broker(MockCluster<'static, DefaultProducerContext>);

impl Broker {
    /// Starts it on a port of its own choice.
    ///
    /// # Errors
    /// When it cannot listen, or a topic cannot be made.
    pub(crate) fn start() -> anyhow::Result<Self> {
        let cluster = MockCluster::new(1).context("the in-process broker does not start")?;
        for topic in Topic::ALL {
            cluster.create_topic(topic.name(), PARTITIONS, 1)?;
        }
        for topic in dead_letter_topics() {
            cluster.create_topic(&topic, 1, 1)?;
        }
        Ok(Self(cluster))
    }

    /// `host:port`.
    pub(crate) fn address(&self) -> String {
        self.0.bootstrap_servers()
    }
}

/// Where each service's dead letters go.
pub(crate) fn dead_letter_topics() -> Vec<String> {
    ["order-service", "payment-service", "notification-service"].map(|group| format!("{group}.dlq")).to_vec()
}
