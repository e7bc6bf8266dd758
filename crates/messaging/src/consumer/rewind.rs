//! Lets a consumer group read again what it has read since a time: for a database that was put back to an older state.

use std::time::Duration;

use events::Topic;
use rdkafka::config::FromClientConfig;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer as _};
use rdkafka::error::KafkaError;
use rdkafka::{Offset, TopicPartitionList};
use time::OffsetDateTime;

use crate::KafkaConfig;

const DEADLINE: Duration = Duration::from_secs(15);
/// Brokers' clocks and ours may disagree by this much; what is read once more changes nothing.
const SKEW: time::Duration = time::Duration::minutes(10);

/// Why a group was not set back.
#[derive(Debug, thiserror::Error)]
pub enum RewindError {
    /// The brokers do not answer, or refuse: a group whose members are running cannot be set back.
    #[error("the consumer group cannot be set back; is the service running?")]
    Kafka(#[from] KafkaError),
    /// A topic is missing, or none of its partitions is told: nobody can say from where it is read again.
    #[error("topic {0} has no partitions")]
    NoPartitions(String),
    /// The thread that speaks to the brokers broke down.
    #[error("setting the consumer group back broke down")]
    Panicked,
}

/// Sets `group` back to what was written to `topics` since `since`; never forward. How many partitions, or, with
/// `dry_run`, would be. No member of the group may be running.
///
/// # Errors
/// As [`RewindError`].
pub async fn rewind(
    kafka: &KafkaConfig,
    group: &str,
    topics: &[Topic],
    since: OffsetDateTime,
    dry_run: bool,
) -> Result<usize, RewindError> {
    let mut config = kafka.consumer(group);
    config.set("enable.auto.commit", "false");
    let names: Vec<String> = topics.iter().map(|topic| kafka.prefixed(topic.name())).collect();
    let blocking = move || {
        let client = BaseConsumer::from_config(&config)?;
        set_back(&client, &names, since - SKEW, dry_run)
    };
    tokio::task::spawn_blocking(blocking).await.map_err(|_| RewindError::Panicked)?
}

fn set_back(
    client: &BaseConsumer,
    topics: &[String],
    since: OffsetDateTime,
    dry_run: bool,
) -> Result<usize, RewindError> {
    let millis = i64::try_from(since.unix_timestamp_nanos() / 1_000_000).unwrap_or(i64::MAX);
    let mut asked = TopicPartitionList::new();
    for topic in topics {
        let metadata = client.fetch_metadata(Some(topic), DEADLINE)?;
        let partitions = metadata.topics().iter().flat_map(|topic| topic.partitions());
        let before = asked.count();
        for partition in partitions {
            asked.add_partition_offset(topic, partition.id(), Offset::Offset(millis.max(0)))?;
        }
        if asked.count() == before {
            return Err(RewindError::NoPartitions(topic.clone()));
        }
    }
    let committed = client.committed_offsets(asked.clone(), DEADLINE)?;
    let mut back = TopicPartitionList::new();
    for found in client.offsets_for_times(asked, DEADLINE)?.elements() {
        let known = committed.find_partition(found.topic(), found.partition());
        // An answer as a whole does not say that every partition of it was answered.
        found.error()?;
        if let Some(known) = &known {
            known.error()?;
        }
        // Without a committed offset everything is read; behind the newest message, nothing was written since.
        if let (Offset::Offset(first), Some(Offset::Offset(read))) =
            (found.offset(), known.map(|known| known.offset()))
            && first < read
        {
            back.add_partition_offset(found.topic(), found.partition(), Offset::Offset(first))?;
        }
    }
    if back.count() > 0 && !dry_run {
        client.commit(&back, CommitMode::Sync)?;
    }
    Ok(back.count())
}
