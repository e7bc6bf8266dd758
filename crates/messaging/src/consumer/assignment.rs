//! Which partitions this member of the group has, and the task that reads each.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::time::Duration;

use futures::FutureExt;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, ConsumerContext, Rebalance, StreamConsumer};
use rdkafka::error::KafkaError;
use rdkafka::topic_partition_list::TopicPartitionList;
use rdkafka::{ClientContext, Statistics};
use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;

use super::partition::Shared;
use crate::kafka;

/// The Kafka client of one session.
pub(super) type Client = StreamConsumer<Assignment>;

/// Full topic name and partition.
type Place = (String, i32);

struct Task {
    stop: CancellationToken,
    handle: JoinHandle<()>,
}

/// Called back by the client when partitions come and go.
pub(super) struct Assignment {
    shared: Arc<Shared>,
    runtime: Handle,
    client: OnceLock<Weak<Client>>,
    tasks: Mutex<HashMap<Place, Task>>,
    /// Cancelled when a task ended as it should not: the session is begun anew.
    pub(super) broken: CancellationToken,
}

impl Assignment {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self {
            shared,
            runtime: Handle::current(),
            client: OnceLock::new(),
            tasks: Mutex::default(),
            broken: CancellationToken::new(),
        }
    }

    /// Has to be called before the client is polled for the first time.
    pub(super) fn belongs_to(&self, client: &Arc<Client>) {
        let _ = self.client.set(Arc::downgrade(client));
    }

    /// Ends all tasks: politely first, by force at the `deadline`.
    pub(super) async fn finish(&self, deadline: Instant) {
        let tasks: Vec<Task> = self.tasks().drain().map(|(_, task)| task).collect();
        for task in &tasks {
            task.stop.cancel();
        }
        for mut task in tasks {
            if timeout_at(deadline, &mut task.handle).await.is_err() {
                task.handle.abort();
                let _ = task.handle.await;
            }
        }
    }

    fn tasks(&self) -> MutexGuard<'_, HashMap<Place, Task>> {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn assigned(&self, partitions: &TopicPartitionList) {
        let Some(client) = self.client.get().and_then(Weak::upgrade) else {
            return;
        };
        for partition in partitions.elements() {
            let place = (partition.topic().to_owned(), partition.partition());
            // From now on its messages go to its own queue; the task takes that queue as soon as the one that
            // read the partition before is gone.
            drop(client.split_partition_queue(&place.0, place.1));
            let previous = self.tasks().remove(&place);
            let task = self.start(&client, place.clone(), previous);
            self.tasks().insert(place, task);
        }
    }

    fn start(&self, client: &Arc<Client>, (topic, partition): Place, previous: Option<Task>) -> Task {
        let stop = CancellationToken::new();
        let (client, shared) = (Arc::clone(client), Arc::clone(&self.shared));
        let (stopped, broken) = (stop.clone(), self.broken.clone());
        let handle = self.runtime.spawn(async move {
            if let Some(previous) = previous {
                previous.handle.abort();
                let _ = previous.handle.await;
            }
            let work = shared.read(&client, &topic, partition, stopped.clone());
            let ended = AssertUnwindSafe(work).catch_unwind().await;
            if ended.is_err() || !stopped.is_cancelled() {
                tracing::error!(topic, partition, "the reader of a partition broke down");
                broken.cancel();
            }
        });
        Task { stop, handle }
    }

    /// What is not committed yet is rolled back: the partition's next reader does it again.
    fn revoked(&self, gone: impl Fn(&Place) -> bool) {
        for (place, task) in self.tasks().iter() {
            if gone(place) {
                task.stop.cancel();
                task.handle.abort();
            }
        }
    }
}

impl ConsumerContext for Assignment {
    fn pre_rebalance(&self, _: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        match rebalance {
            Rebalance::Assign(partitions) => {
                tracing::info!(count = partitions.count(), "partitions assigned");
                self.assigned(partitions);
            }
            Rebalance::Revoke(partitions) => {
                tracing::info!(count = partitions.count(), "partitions revoked");
                self.revoked(|(topic, partition)| partitions.find_partition(topic, *partition).is_some());
            }
            Rebalance::Error(error) => {
                tracing::warn!(error = %error, "rebalance failed");
                self.revoked(|_| true);
            }
        }
    }

    fn commit_callback(&self, result: Result<(), KafkaError>, _: &TopicPartitionList) {
        if let Err(error) = result {
            tracing::warn!(error = %error, "offsets were not committed");
        }
    }
}

impl ClientContext for Assignment {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        kafka::log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::warn!(error = %error, reason, "the consumer's connection has trouble");
    }

    /// Exports the lag; what is no longer ours counts as none.
    fn stats(&self, statistics: Statistics) {
        for ((topic, partition), task) in self.tasks().iter() {
            let known = statistics.topics.get(topic);
            let known = known.and_then(|topic| topic.partitions.get(partition));
            let lag = known.map_or(-1, |partition| partition.consumer_lag_stored);
            let lag = if task.stop.is_cancelled() { 0 } else { lag };
            if lag >= 0 {
                let topic = self.shared.kafka.unprefixed(topic);
                self.shared.processor.metrics.lag(topic, *partition, lag);
            }
        }
    }
}

/// How long closing a client may take before it is left to itself.
pub(super) const CLOSE_WITHIN: Duration = Duration::from_secs(3);
