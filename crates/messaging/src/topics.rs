//! Creating the topics of the contract, explicitly.

use std::sync::Arc;
use std::time::Duration;

use events::Topic;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};

use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep};

use crate::KafkaConfig;

const PATIENCE: Duration = Duration::from_secs(15);
/// 30 days; inbox rows outlive it.
const RETENTION_MS: &str = "2592000000";

/// Which topics are to be there.
#[derive(Debug, Clone)]
pub struct TopicPlan<'a> {
    /// Events' topics.
    pub topics: &'a [Topic],
    /// Consumer groups, for each of which there is a `<group>.dlq` of one partition.
    pub groups: &'a [&'a str],
    /// Partitions of an event's topic; of existing ones nothing changes.
    pub partitions: i32,
    /// Copies of each; with three or more, two have to acknowledge.
    pub replication: i32,
}

/// Why topics are not there.
#[derive(Debug, thiserror::Error)]
pub enum TopicsError {
    /// The brokers did not answer.
    #[error("the brokers do not answer")]
    Kafka(#[from] KafkaError),
    /// A topic was refused.
    #[error("topic `{topic}` was not created: {code}")]
    Refused {
        /// Its full name.
        topic: String,
        /// The broker's reason.
        code: RDKafkaErrorCode,
    },
    /// A topic did not come into use in time.
    #[error("topic `{topic}` has partitions without a leader")]
    Leaderless {
        /// Its full name.
        topic: String,
    },
}

/// Creates what is missing of `plan`. Topics that exist are left as they are.
///
/// # Errors
/// When the brokers do not answer within 15 s, refuse a topic, or have no leaders for it after another 15 s.
pub async fn create_topics(kafka: &KafkaConfig, plan: &TopicPlan<'_>) -> Result<(), TopicsError> {
    let admin: AdminClient<DefaultClientContext> = kafka.client().create()?;
    let events = plan.topics.iter().map(|topic| kafka.prefixed(topic.name()));
    let events: Vec<String> = events.collect();
    let letters = plan.groups.iter().map(|group| kafka.prefixed(&dead_letter_topic(group)));
    let letters: Vec<String> = letters.collect();
    let events = events.iter().map(|name| configured(name, plan.partitions, plan.replication));
    // A dead letter has more headers than the message had.
    let letters =
        letters.iter().map(|name| configured(name, 1, plan.replication).set("max.message.bytes", "2097152"));
    let wanted: Vec<NewTopic<'_>> = events.chain(letters).collect();
    let options = AdminOptions::new().request_timeout(Some(PATIENCE)).operation_timeout(Some(PATIENCE));
    for result in admin.create_topics(&wanted, &options).await? {
        match result {
            Ok(_) | Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
            Err((topic, code)) => return Err(TopicsError::Refused { topic, code }),
        }
    }
    let names: Vec<String> = wanted.iter().map(|topic| topic.name.to_owned()).collect();
    led(admin, names).await
}

/// Waits until clients see leaders of all partitions; a topic is not known everywhere at once.
async fn led(admin: AdminClient<DefaultClientContext>, names: Vec<String>) -> Result<(), TopicsError> {
    let admin = Arc::new(admin);
    let end = Instant::now() + PATIENCE;
    loop {
        let (asked, client) = (names.clone(), Arc::clone(&admin));
        let missing = spawn_blocking(move || leaderless(&client, asked)).await;
        match missing.map_err(|_| KafkaError::Canceled)?? {
            None => return Ok(()),
            Some(topic) if Instant::now() > end => return Err(TopicsError::Leaderless { topic }),
            Some(_) => sleep(Duration::from_millis(100)).await,
        }
    }
}

fn leaderless(
    admin: &AdminClient<DefaultClientContext>,
    names: Vec<String>,
) -> Result<Option<String>, KafkaError> {
    let metadata = admin.inner().fetch_metadata(None, PATIENCE)?;
    let is_led = |name: &String| {
        let mut known = metadata.topics().iter();
        known.any(|topic| {
            let partitions = topic.partitions();
            topic.name() == name && !partitions.is_empty() && partitions.iter().all(|one| one.leader() >= 0)
        })
    };
    Ok(names.into_iter().find(|name| !is_led(name)))
}

/// Where a consumer group's dead letters go.
pub(crate) fn dead_letter_topic(group: &str) -> String {
    format!("{group}.dlq")
}

fn configured(name: &str, partitions: i32, replication: i32) -> NewTopic<'_> {
    NewTopic::new(name, partitions, TopicReplication::Fixed(replication))
        .set("retention.ms", RETENTION_MS)
        .set("unclean.leader.election.enable", "false")
        .set("min.insync.replicas", if replication >= 3 { "2" } else { "1" })
}
