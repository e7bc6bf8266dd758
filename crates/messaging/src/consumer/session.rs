//! The life of one Kafka client: from joining the group to leaving it.

use std::sync::Arc;
use std::time::Duration;

use rdkafka::consumer::{CommitMode, Consumer as _};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::Message as _;
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

use super::ConsumerConfig;
use super::assignment::{Assignment, CLOSE_WITHIN, Client};
use super::partition::Shared;

/// Why a session ended although nobody asked it to.
#[derive(Debug, thiserror::Error)]
pub(super) enum Interrupted {
    #[error("the client failed")]
    Kafka(#[from] KafkaError),
    #[error("a message of {topic}/{partition} came past its partition's queue")]
    Stray { topic: String, partition: i32 },
    #[error("the reader of a partition broke down")]
    Reader,
}

/// Reads until `stop`, or until the client has to be made anew.
pub(super) async fn run(
    shared: &Arc<Shared>,
    config: &ConsumerConfig,
    stop: &CancellationToken,
) -> Result<(), Interrupted> {
    let settings = shared.kafka.consumer(&config.group);
    let client: Client = settings.create_with_context(Assignment::new(Arc::clone(shared)))?;
    let client = Arc::new(client);
    client.context().belongs_to(&client);
    let ended = poll(&client, shared, config, stop).await;
    let assignment = Arc::clone(client.context());
    assignment.finish(Instant::now() + config.stop_within).await;
    close(client).await;
    ended
}

async fn poll(
    client: &Arc<Client>,
    shared: &Shared,
    config: &ConsumerConfig,
    stop: &CancellationToken,
) -> Result<(), Interrupted> {
    let names: Vec<String> = config.topics.iter().map(|topic| shared.kafka.prefixed(topic.name())).collect();
    client.subscribe(&names.iter().map(String::as_str).collect::<Vec<_>>())?;
    loop {
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            () = client.context().broken.cancelled() => return Err(Interrupted::Reader),
            event = client.recv() => match event {
                // Its successors would be stored past it: begin anew from what is committed.
                Ok(message) => {
                    return Err(Interrupted::Stray {
                        topic: message.topic().to_owned(),
                        partition: message.partition(),
                    });
                }
                Err(error) if is_fatal(&error) => return Err(error.into()),
                Err(error) => tracing::warn!(error = %error, "the consumer has trouble"),
            }
        }
    }
}

fn is_fatal(error: &KafkaError) -> bool {
    matches!(error, KafkaError::MessageConsumptionFatal(_))
        || error.rdkafka_error_code() == Some(RDKafkaErrorCode::Fatal)
}

/// Commits what is stored and leaves the group. Both block, so they get a thread of their own, which is left
/// to itself when it takes too long: a runtime would wait for it at its end.
async fn close(client: Arc<Client>) {
    let (done, closed) = oneshot::channel();
    std::thread::spawn(move || {
        match client.commit_consumer_state(CommitMode::Sync) {
            Ok(()) | Err(KafkaError::ConsumerCommit(RDKafkaErrorCode::NoOffset)) => {}
            Err(error) => tracing::warn!(error = %error, "offsets were not committed at the end"),
        }
        drop(client);
        let _ = done.send(());
    });
    if timeout(CLOSE_WITHIN, closed).await.is_err() {
        tracing::warn!("the consumer did not leave its group in time");
    }
}

/// Between two sessions.
pub(super) const RESTART: Duration = Duration::from_secs(1);
