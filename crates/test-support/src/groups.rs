//! Where consumer groups are, and setting them back, as an operator would.

use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::error::KafkaResult;
use rdkafka::topic_partition_list::TopicPartitionListElem;
use rdkafka::{ClientConfig, Offset, TopicPartitionList};

const PATIENCE: Duration = Duration::from_secs(30);

/// A consumer group and the topics it reads.
#[derive(Debug, Clone)]
pub struct Group {
    /// Where it is kept.
    pub brokers: String,
    /// Its full name.
    pub name: String,
    /// Full names.
    pub topics: Vec<String>,
}

impl Group {
    /// How many messages the group has still to read. Of a partition that it has committed nothing of, these are all.
    ///
    /// # Errors
    /// When the broker does not answer.
    pub async fn lag(&self) -> KafkaResult<i64> {
        self.ask(|client, places| {
            places.iter().map(|place| Ok((end(client, place)? - place.committed).max(0))).sum()
        })
        .await
    }

    /// Sets every partition back to its beginning; the group must have no members. How many messages it will read again.
    ///
    /// # Panics
    /// When the group has members, or the broker does not answer.
    pub async fn rewind(&self) -> i64 {
        let rewound = self.ask(|client, places| {
            let mut beginning = TopicPartitionList::new();
            for place in places {
                beginning.add_partition_offset(&place.topic, place.partition, Offset::Offset(0))?;
            }
            client.commit(&beginning, CommitMode::Sync)?;
            places.iter().map(|place| end(client, place)).sum()
        });
        rewound.await.expect("a broker that answers, and a group without members")
    }

    async fn ask(
        &self,
        question: impl FnOnce(&BaseConsumer, &[Place]) -> KafkaResult<i64> + Send + 'static,
    ) -> KafkaResult<i64> {
        let group = self.clone();
        let asking = tokio::task::spawn_blocking(move || {
            let client: BaseConsumer = ClientConfig::new()
                .set("bootstrap.servers", &group.brokers)
                .set("group.id", &group.name)
                .create()?;
            let places = places(&client, &group.topics)?;
            question(&client, &places)
        });
        asking.await.expect("asking does not panic")
    }
}

/// A partition, and the message the group would read next.
struct Place {
    topic: String,
    partition: i32,
    committed: i64,
}

fn places(client: &BaseConsumer, topics: &[String]) -> KafkaResult<Vec<Place>> {
    let mut all = TopicPartitionList::new();
    for topic in topics {
        let metadata = client.fetch_metadata(Some(topic), PATIENCE)?;
        for partition in metadata.topics()[0].partitions() {
            all.add_partition(topic, partition.id());
        }
    }
    let committed = client.committed_offsets(all, PATIENCE)?;
    let place = |one: &TopicPartitionListElem<'_>| Place {
        topic: one.topic().to_owned(),
        partition: one.partition(),
        committed: if let Offset::Offset(next) = one.offset() { next } else { 0 },
    };
    Ok(committed.elements().iter().map(place).collect())
}

fn end(client: &BaseConsumer, place: &Place) -> KafkaResult<i64> {
    Ok(client.fetch_watermarks(&place.topic, place.partition, PATIENCE)?.1)
}
