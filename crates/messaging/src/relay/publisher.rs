//! The producer: sending a batch and learning what became of each message.

use futures::FutureExt;
use futures::future::{FusedFuture, join_all};
use kernel::crash;
use rdkafka::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};
use rdkafka::producer::future_producer::DeliveryFuture;
use rdkafka::producer::{FutureProducer, FutureRecord, Producer as _, PurgeConfig};

use super::rows::Row;
use crate::KafkaConfig;
use crate::headers::Headers;
use crate::kafka;

struct Context;

impl ClientContext for Context {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        kafka::log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::warn!(error = %error, reason, "the relay's connection has trouble");
    }
}

/// What became of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The broker has it.
    Acknowledged,
    /// Not this time, or nobody knows.
    Failed(String),
    /// Refused for what it is.
    Refused(String),
    /// It was not its turn any more.
    NotSent,
}

/// A producer for one term of the lease.
pub(super) struct Publisher {
    producer: Option<FutureProducer<Context>>,
    kafka: KafkaConfig,
}

impl Publisher {
    pub(super) fn new(kafka: &KafkaConfig) -> Result<Self, KafkaError> {
        Ok(Self { producer: Some(kafka.producer().create_with_context(Context)?), kafka: kafka.clone() })
    }

    fn producer(&self) -> &FutureProducer<Context> {
        self.producer.as_ref().expect("present until the drop")
    }

    /// Sends `rows` in their order and waits until each is acknowledged or failed, which takes as long as a
    /// message may take; `cut` ends the wait and takes back what is not delivered.
    pub(super) async fn publish(&self, rows: &[Row], cut: impl Future<Output = ()>) -> Vec<Outcome> {
        let cut = cut.fuse();
        tokio::pin!(cut);
        let mut outcomes = self.attempt(rows, cut.as_mut()).await;
        let refused = |outcome: &Outcome| matches!(outcome, Outcome::Refused(_));
        if rows.len() > 1 {
            // Brokers refuse whole batches: alone it shows which message is to blame.
            for place in 0..rows.len() {
                if refused(&outcomes[place]) {
                    // Whoever was cut may not send any more.
                    if cut.is_terminated() || cut.as_mut().now_or_never().is_some() {
                        outcomes[place] = Outcome::NotSent;
                        continue;
                    }
                    let alone = self.attempt(&rows[place..=place], cut.as_mut()).await;
                    outcomes[place] = alone.into_iter().next().unwrap_or(Outcome::NotSent);
                }
            }
        }
        outcomes
    }

    async fn attempt(&self, rows: &[Row], cut: impl Future<Output = ()>) -> Vec<Outcome> {
        let mut sent = Vec::with_capacity(rows.len());
        for row in rows {
            let sending = self.send(row);
            let last = matches!(&sending, Err(Outcome::Failed(_)));
            sent.push(sending);
            // Its successors must not overtake it.
            if last {
                break;
            }
        }
        crash::at("relay.enqueued");
        let arrival = join_all(sent.into_iter().map(async |sending| match sending {
            Ok(delivery) => match delivery.await {
                Ok(Ok(_)) => Outcome::Acknowledged,
                Ok(Err((error, _))) => judge(&error),
                Err(_) => Outcome::Failed("the producer is gone".to_owned()),
            },
            Err(outcome) => outcome,
        }));
        tokio::pin!(arrival);
        let mut outcomes = tokio::select! {
            outcomes = &mut arrival => outcomes,
            () = cut => {
                self.purge();
                arrival.await
            }
        };
        outcomes.resize(rows.len(), Outcome::NotSent);
        outcomes
    }

    fn send(&self, row: &Row) -> Result<DeliveryFuture, Outcome> {
        let topic = self.kafka.prefixed(&row.topic);
        let headers = Headers::from_json(&row.headers).to_kafka();
        let mut record: FutureRecord<'_, str, [u8]> =
            FutureRecord::to(&topic).payload(row.payload.as_slice()).headers(headers);
        record.key = row.key.as_deref();
        self.producer().send_result(record).map_err(|(error, _)| judge(&error))
    }

    /// Takes back everything that is not delivered.
    pub(super) fn purge(&self) {
        self.producer().purge(PurgeConfig::default().queue().inflight());
    }

    /// An error after which this producer sends nothing any more.
    pub(super) fn fatal_error(&self) -> Option<String> {
        let (code, reason) = self.producer().client().fatal_error()?;
        Some(format!("{code}: {reason}"))
    }
}

/// Closing waits for librdkafka's threads, which must not hold up anybody else's.
impl Drop for Publisher {
    fn drop(&mut self) {
        let producer = self.producer.take();
        std::thread::spawn(move || drop(producer));
    }
}

fn judge(error: &KafkaError) -> Outcome {
    let refused = matches!(
        error.rdkafka_error_code(),
        Some(
            Code::MessageSizeTooLarge
                | Code::InvalidMessage
                | Code::InvalidMessageSize
                | Code::InvalidRecord
                | Code::InvalidTimestamp
                | Code::PolicyViolation
                | Code::UnsupportedForMessageFormat
        )
    );
    if refused { Outcome::Refused(error.to_string()) } else { Outcome::Failed(error.to_string()) }
}
