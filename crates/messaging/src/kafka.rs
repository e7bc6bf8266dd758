//! How the brokers are reached, and the settings the contract asks of every client.

use std::collections::BTreeMap;
use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::config::RDKafkaLogLevel;

/// The longest a message waits for its acknowledgement.
pub(crate) const MESSAGE_TIMEOUT: Duration = Duration::from_secs(10);

/// Where the brokers are and how to speak to them.
#[derive(Debug, Clone)]
pub struct KafkaConfig {
    /// `host:port[,host:port]`.
    pub brokers: String,
    /// In front of every topic and consumer group; empty outside tests.
    pub topic_prefix: String,
    /// What brokers and metrics call this client: the service's name.
    pub client_id: String,
    /// librdkafka's own settings, for TLS and SASL (`security.protocol`, `sasl.username` …). What the contract
    /// fixes cannot be changed by them.
    pub properties: BTreeMap<String, String>,
}

impl KafkaConfig {
    /// Plain connections to `brokers`.
    #[must_use]
    pub fn new(brokers: impl Into<String>, client_id: impl Into<String>) -> Self {
        Self {
            brokers: brokers.into(),
            topic_prefix: String::new(),
            client_id: client_id.into(),
            properties: BTreeMap::new(),
        }
    }

    /// With `prefix` in front of topics and groups.
    #[must_use]
    pub fn with_topic_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.topic_prefix = prefix.into();
        self
    }

    /// The full name of a topic or group.
    #[must_use]
    pub fn prefixed(&self, name: &str) -> String {
        format!("{}{name}", self.topic_prefix)
    }

    /// A full topic name without the prefix.
    pub(crate) fn unprefixed<'a>(&self, name: &'a str) -> &'a str {
        name.strip_prefix(self.topic_prefix.as_str()).unwrap_or(name)
    }

    pub(crate) fn client(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config.extend(self.properties.clone());
        config
            .set("bootstrap.servers", &self.brokers)
            .set("client.id", &self.client_id)
            .set("topic.metadata.refresh.interval.ms", "30000")
            .set("reconnect.backoff.max.ms", "2000")
            .set_log_level(RDKafkaLogLevel::Warning);
        config
    }

    pub(crate) fn producer(&self) -> ClientConfig {
        let mut config = self.client();
        config
            // What Java and kafkajs use, so that everybody's keys meet in one partition.
            .set("partitioner", "murmur2_random")
            .set("acks", "all")
            .set("enable.idempotence", "true")
            .set("compression.type", "none")
            .set("message.timeout.ms", MESSAGE_TIMEOUT.as_millis().to_string())
            // Dead letters carry headers of ours on top; the topic's own limit decides.
            .set("message.max.bytes", "2097152")
            // A topic that is not there is told within the message's own time-out.
            .set("topic.metadata.propagation.max.ms", "3000")
            .set("linger.ms", "2");
        config
    }

    pub(crate) fn consumer(&self, group: &str) -> ClientConfig {
        let mut config = self.client();
        config
            .set("group.id", self.prefixed(group))
            .set("group.protocol", "classic")
            .set("partition.assignment.strategy", "range")
            .set("auto.offset.reset", "earliest")
            // A member that was killed holds its partitions no longer than this.
            .set("session.timeout.ms", "10000")
            .set("heartbeat.interval.ms", "3000")
            // How soon topics and partitions are noticed that came after us.
            .set("topic.metadata.refresh.interval.ms", "5000")
            .set("allow.auto.create.topics", "false")
            // Offsets are stored by hand after the database's commit; what is stored is committed in the
            // background, on revocation and at the end.
            .set("enable.auto.offset.store", "false")
            .set("enable.auto.commit", "true")
            .set("auto.commit.interval.ms", "1000")
            .set("queued.max.messages.kbytes", "8192")
            .set("fetch.wait.max.ms", "100")
            .set("statistics.interval.ms", "5000");
        config
    }
}

/// Passes librdkafka's own log lines on to `tracing`. Its errors come by the client's error callback as well and
/// are told there.
pub(crate) fn log(level: RDKafkaLogLevel, facility: &str, message: &str) {
    match level {
        RDKafkaLogLevel::Emerg
        | RDKafkaLogLevel::Alert
        | RDKafkaLogLevel::Critical
        | RDKafkaLogLevel::Warning => tracing::warn!(facility, "librdkafka: {message}"),
        _ => tracing::debug!(facility, "librdkafka: {message}"),
    }
}
