//! Where consumer groups are, and setting them back, as an operator would.

use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};

const PATIENCE: Duration = Duration::from_secs(30);

/// A consumer group and the topics it may have read, by their full names.
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
    /// How many messages the group has still to read, of the partitions it ever read.
    pub async fn lag(&self) -> i64 {
        self.ask(|client, read| read.iter().map(|place| end(client, place) - place.committed).sum()).await
    }

    /// Sets every partition it ever read back to its beginning; the group must have no members. How many messages
    /// it will read again.
    ///
    /// # Panics
    /// When the group has members.
    pub async fn rewind(&self) -> i64 {
        self.ask(|client, read| {
            let mut beginning = TopicPartitionList::new();
            for place in read {
                let offset = Offset::Offset(0);
                beginning.add_partition_offset(&place.topic, place.partition, offset).expect("an offset");
            }
            client.commit(&beginning, CommitMode::Sync).expect("the group has no members");
            read.iter().map(|place| end(client, place)).sum()
        })
        .await
    }

    async fn ask(&self, question: impl FnOnce(&BaseConsumer, &[Place]) -> i64 + Send + 'static) -> i64 {
        let group = self.clone();
        let asking = tokio::task::spawn_blocking(move || {
            let client: BaseConsumer = ClientConfig::new()
                .set("bootstrap.servers", &group.brokers)
                .set("group.id", &group.name)
                .create()
                .expect("the client's settings are fixed");
            let read = places(&client, &group.topics);
            question(&client, &read)
        });
        asking.await.expect("asking does not panic")
    }
}

/// A partition the group has read.
struct Place {
    topic: String,
    partition: i32,
    committed: i64,
}

fn places(client: &BaseConsumer, topics: &[String]) -> Vec<Place> {
    let mut all = TopicPartitionList::new();
    for topic in topics {
        let metadata = client.fetch_metadata(Some(topic), PATIENCE).expect("the broker answers");
        for partition in metadata.topics()[0].partitions() {
            all.add_partition(topic, partition.id());
        }
    }
    let committed = client.committed_offsets(all, PATIENCE).expect("the broker answers");
    let read = committed.elements().into_iter().filter_map(|place| {
        let committed = place.offset().to_raw().filter(|offset| *offset >= 0)?;
        Some(Place { topic: place.topic().to_owned(), partition: place.partition(), committed })
    });
    read.collect()
}

fn end(client: &BaseConsumer, place: &Place) -> i64 {
    client.fetch_watermarks(&place.topic, place.partition, PATIENCE).expect("the broker answers").1
}
