//! A plain Kafka consumer beside the services: prints what is on the topics, as any team's client would see it.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context;
use events::Topic;
use rdkafka::ClientConfig;
use rdkafka::consumer::{Consumer, StreamConsumer};
use rdkafka::message::{BorrowedMessage, Message};
use serde_json::Value;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::parts::broker::dead_letter_topics;
use crate::timeline::{Mark, Timeline};

const PATIENCE: Duration = Duration::from_secs(30);

/// An event that went by.
#[derive(Debug)]
struct Seen {
    topic: String,
    key: String,
    event_id: String,
}

/// Everything that went by. Cloning shares it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wiretap(Arc<Mutex<Vec<Seen>>>);

impl Wiretap {
    /// Listens on every topic until `shutdown`.
    ///
    /// # Errors
    /// When the broker cannot be subscribed to.
    pub(crate) fn listen(
        brokers: &str,
        timeline: &Timeline,
        shutdown: CancellationToken,
    ) -> anyhow::Result<Self> {
        let consumer: StreamConsumer = ClientConfig::new()
            .set("bootstrap.servers", brokers)
            .set("group.id", "demo-wiretap")
            .set("auto.offset.reset", "earliest")
            .set("enable.auto.commit", "false")
            .set("fetch.wait.max.ms", "20")
            .create()?;
        let letters = dead_letter_topics();
        let names: Vec<&str> =
            Topic::ALL.iter().map(|topic| topic.name()).chain(letters.iter().map(String::as_str)).collect();
        consumer.subscribe(&names)?;
        let tap = Self::default();
        let (seen, timeline) = (tap.clone(), timeline.clone());
        tokio::spawn(async move {
            loop {
                tokio::select! {
                    () = shutdown.cancelled() => return,
                    message = consumer.recv() => match message {
                        Ok(message) => seen.note(&message, &timeline),
                        Err(error) => tracing::debug!(%error, "the wiretap waits"),
                    },
                }
            }
        });
        Ok(tap)
    }

    /// How many events `topic` had with this key.
    pub(crate) fn count(&self, topic: &str, key: &str) -> usize {
        self.distinct(|seen| seen.topic == topic && seen.key == key)
    }

    /// How many events a topic had.
    pub(crate) fn total(&self, wanted: impl Fn(&str) -> bool) -> usize {
        self.distinct(|seen| wanted(&seen.topic))
    }

    /// Waits until the seeded catalogue went by: until then consumers are still joining their groups.
    ///
    /// # Errors
    /// When nothing comes.
    pub(crate) async fn ready(&self) -> anyhow::Result<()> {
        let waiting = async {
            while self.total(|topic| topic == Topic::ProductCreated.name()) == 0 {
                sleep(Duration::from_millis(50)).await;
            }
        };
        timeout(PATIENCE, waiting).await.context("no event arrives from the in-process broker")
    }

    /// An event that is published again keeps its id and is the same event.
    fn distinct(&self, wanted: impl Fn(&Seen) -> bool) -> usize {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.iter().filter(|seen| wanted(seen)).map(|seen| &seen.event_id).collect::<HashSet<_>>().len()
    }

    fn note(&self, message: &BorrowedMessage<'_>, timeline: &Timeline) {
        let payload = message.payload().unwrap_or_default();
        let envelope: Value = serde_json::from_slice(payload).unwrap_or_default();
        let seen = Seen {
            topic: message.topic().to_owned(),
            key: String::from_utf8_lossy(message.key().unwrap_or_default()).into_owned(),
            event_id: envelope["eventId"].as_str().unwrap_or_default().to_owned(),
        };
        // The catalogue that was seeded is no news.
        if !seen.topic.starts_with("product.") {
            let name = timeline.paint("35", &format!("{:<22}", seen.topic));
            timeline
                .tell(Mark::Event, format!("{name} key {}  {}", short(&seen.key), about(&envelope["data"])));
        }
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(seen);
    }
}

/// An id as people tell it from others: its end.
pub(crate) fn short(id: &str) -> String {
    let characters = id.chars().count();
    if characters <= 12 {
        return id.to_owned();
    }
    format!("…{}", id.chars().skip(characters - 8).collect::<String>())
}

fn about(data: &Value) -> String {
    let mut text = String::new();
    if let Some(sequence) = data["sequence"].as_i64() {
        text = format!("sequence {sequence}");
    }
    for field in ["status", "declineCode", "refundStatus"] {
        if let Some(value) = data[field].as_str() {
            text = format!("{text}  {value}");
        }
    }
    if let Some(declines @ 1..) = data["declines"].as_i64() {
        text = format!("{text}  declines {declines}");
    }
    text
}
