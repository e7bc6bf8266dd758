//! Lets a consumer group read again what its database has forgotten, after that was put back to an older state.

use std::collections::HashMap;
use std::time::Duration;

use events::Topic;
use rdkafka::config::FromClientConfig;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer as _};
use rdkafka::error::KafkaError;
use rdkafka::{Offset, TopicPartitionList};
use sea_orm::{DatabaseConnection, DbErr};
use time::OffsetDateTime;

use super::inbox;
use crate::KafkaConfig;

const DEADLINE: Duration = Duration::from_secs(15);
/// Brokers' clocks and ours may disagree by this much; what is read once more changes nothing.
const SKEW: time::Duration = time::Duration::minutes(10);

/// Why a group was not set back.
#[derive(Debug, thiserror::Error)]
pub enum RewindError {
    /// The brokers do not answer, or refuse.
    #[error("the consumer group cannot be set back")]
    Kafka(#[from] KafkaError),
    /// The inbox cannot be read.
    #[error("the inbox cannot be read")]
    Database(#[from] DbErr),
    /// Members that go on committing what they read: the group cannot be set back.
    #[error(
        "the consumer group has {0} members: end the service everywhere first (a killed one counts for 10 s)"
    )]
    Members(usize),
    /// A topic is missing, or none of its partitions is told: nobody can say from where it is read again.
    #[error("topic {0} has no partitions")]
    NoPartitions(String),
    /// The thread that speaks to the brokers broke down.
    #[error("setting the consumer group back broke down")]
    Panicked,
}

/// A consumer group whose database was put back.
#[derive(Debug)]
pub struct Rewind {
    db: DatabaseConnection,
    kafka: KafkaConfig,
    group: &'static str,
    topics: Vec<String>,
}

/// The last offset that took effect, by topic's full name and partition.
type LastOffsets = HashMap<(String, i32), i64>;

impl Rewind {
    /// Of `group`, which reads `topics` and whose inbox is in `db`.
    #[must_use]
    pub fn new(db: DatabaseConnection, kafka: KafkaConfig, group: &'static str, topics: &[Topic]) -> Self {
        let topics = topics.iter().map(|topic| kafka.prefixed(topic.name())).collect();
        Self { db, kafka, group, topics }
    }

    /// That no member of the group is running.
    ///
    /// # Errors
    /// [`RewindError::Members`], or when the brokers do not answer.
    pub async fn ensure_ended(&self) -> Result<(), RewindError> {
        let group = self.kafka.prefixed(self.group);
        let members = self.ask(move |client| {
            let groups = client.client().fetch_group_list(Some(&group), DEADLINE)?;
            Ok(groups.groups().iter().map(|group| group.members().len()).sum())
        });
        match members.await? {
            0 => Ok(()),
            members => Err(RewindError::Members(members)),
        }
    }

    /// Sets the group back to what was written since `since`, and where the inbox ends earlier, to there; never
    /// forward. How many partitions, or, with `dry_run`, would be.
    ///
    /// # Errors
    /// As [`RewindError`].
    pub async fn set_back(&self, since: OffsetDateTime, dry_run: bool) -> Result<usize, RewindError> {
        let handled = inbox::last_offsets(&self.db, self.group).await?;
        let prefixed = |((topic, partition), last): ((String, i32), i64)| {
            ((self.kafka.prefixed(&topic), partition), last)
        };
        let handled = handled.into_iter().map(prefixed).collect();
        let topics = self.topics.clone();
        self.ask(move |client| set_back(client, &topics, &handled, since - SKEW, dry_run)).await
    }

    async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&BaseConsumer) -> Result<T, RewindError> + Send + 'static,
    ) -> Result<T, RewindError> {
        let mut config = self.kafka.consumer(self.group);
        config.set("enable.auto.commit", "false");
        let blocking = move || question(&BaseConsumer::from_config(&config)?);
        tokio::task::spawn_blocking(blocking).await.map_err(|_| RewindError::Panicked)?
    }
}

fn set_back(
    client: &BaseConsumer,
    topics: &[String],
    handled: &LastOffsets,
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
        // Behind the newest message, nothing was written since.
        let written = if let Offset::Offset(first) = found.offset() { Some(first) } else { None };
        // What lay unread when the backup was made is older than it.
        let unhandled = handled.get(&(found.topic().to_owned(), found.partition())).map(|last| last + 1);
        // Without a committed offset everything is read.
        if let (Some(first), Some(Offset::Offset(read))) =
            (written.into_iter().chain(unhandled).min(), known.map(|known| known.offset()))
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
