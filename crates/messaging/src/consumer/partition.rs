//! One partition's messages, in their order.

use std::sync::Arc;

use futures::FutureExt;
use rdkafka::consumer::Consumer as _;
use rdkafka::consumer::stream_consumer::StreamPartitionQueue;
use tokio_util::sync::CancellationToken;

use super::assignment::{Assignment, Client};
use super::incoming::{Message, Raw};
use super::processor::Processor;
use crate::KafkaConfig;

/// What the tasks of all partitions share.
pub(super) struct Shared {
    pub(super) kafka: KafkaConfig,
    pub(super) own_source: &'static str,
    pub(super) batch: usize,
    pub(super) processor: Processor,
}

impl Shared {
    /// Reads the partition until `stop`. While a message waits for the surroundings nothing is taken from the
    /// queue: librdkafka stops fetching, and the client goes on polling.
    pub(super) async fn read(
        &self,
        client: &Arc<Client>,
        topic: &str,
        partition: i32,
        stop: CancellationToken,
    ) {
        let Some(queue) = client.split_partition_queue(topic, partition) else {
            tracing::error!(topic, partition, "the partition has no queue");
            return;
        };
        while !stop.is_cancelled() {
            let batch = self.next_batch(&queue, &stop).await;
            let done = self.processor.process(&batch, &stop).await;
            if let Some(last) = done.checked_sub(1).map(|last| &batch[last])
                && let Err(error) = client.store_offset(topic, partition, last.raw.offset)
            {
                // The partition was taken away meanwhile; its next reader skips what is done.
                tracing::debug!(topic, partition, error = %error, "the offset was not stored");
            }
        }
    }

    /// What is there, up to the limit; waits for the first. Empty after `stop`.
    async fn next_batch(
        &self,
        queue: &StreamPartitionQueue<Assignment>,
        stop: &CancellationToken,
    ) -> Vec<Message> {
        let mut batch = Vec::new();
        while batch.len() < self.batch.max(1) {
            let next = if batch.is_empty() {
                stop.run_until_cancelled(queue.recv()).await
            } else {
                queue.recv().now_or_never()
            };
            match next {
                Some(Ok(message)) => {
                    let raw = Raw::copy(&message, &self.kafka);
                    batch.push(Message::read(raw, self.own_source));
                }
                Some(Err(error)) => {
                    tracing::warn!(error = %error, "a partition cannot be read just now");
                }
                None => break,
            }
        }
        batch
    }
}
