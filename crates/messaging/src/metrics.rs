//! What operators see: backlog, lag, retries and what was given up.

use opentelemetry::metrics::{Counter, Gauge};
use opentelemetry::{KeyValue, global};

/// The relay's instruments.
#[derive(Debug, Clone)]
pub(crate) struct RelayMetrics {
    service: String,
    rows: Gauge<u64>,
    set_aside: Gauge<u64>,
    oldest: Gauge<f64>,
    dead_letters: Gauge<u64>,
    published: Counter<u64>,
    failures: Counter<u64>,
}

impl RelayMetrics {
    pub(crate) fn new(service: &str) -> Self {
        let meter = global::meter("messaging");
        Self {
            service: service.to_owned(),
            rows: meter.u64_gauge("outbox_rows").with_description("Events that wait for the broker").build(),
            set_aside: meter
                .u64_gauge("outbox_set_aside_rows")
                .with_description("Events that the broker refuses")
                .build(),
            oldest: meter
                .f64_gauge("outbox_oldest_age_seconds")
                .with_description("Age of the oldest event that waits")
                .build(),
            dead_letters: meter
                .u64_gauge("dead_letter_rows")
                .with_description("Messages given up that nobody has replayed or dismissed")
                .build(),
            published: meter
                .u64_counter("outbox_published")
                .with_description("Events the broker has acknowledged")
                .build(),
            failures: meter
                .u64_counter("outbox_publish_failures")
                .with_description("Attempts the broker did not acknowledge")
                .build(),
        }
    }

    pub(crate) fn dead_letters(&self, rows: u64) {
        self.dead_letters.record(rows, &self.service());
    }

    pub(crate) fn backlog(&self, rows: u64, set_aside: u64, oldest_seconds: f64) {
        self.rows.record(rows, &self.service());
        self.set_aside.record(set_aside, &self.service());
        self.oldest.record(oldest_seconds, &self.service());
    }

    pub(crate) fn published(&self, count: usize) {
        self.published.add(count as u64, &self.service());
    }

    pub(crate) fn failed(&self, count: usize) {
        self.failures.add(count as u64, &self.service());
    }

    fn service(&self) -> [KeyValue; 1] {
        [KeyValue::new("service", self.service.clone())]
    }
}

/// A consumer group's instruments.
#[derive(Debug, Clone)]
pub(crate) struct ConsumerMetrics {
    group: String,
    handled: Counter<u64>,
    duplicates: Counter<u64>,
    unknown: Counter<u64>,
    retries: Counter<u64>,
    dead_letters: Counter<u64>,
    lag: Gauge<i64>,
}

impl ConsumerMetrics {
    pub(crate) fn new(group: &str) -> Self {
        let meter = global::meter("messaging");
        let counter = |name, description| meter.u64_counter(name).with_description(description).build();
        Self {
            group: group.to_owned(),
            handled: counter("consumer_handled", "Messages that took effect"),
            duplicates: counter(
                "consumer_duplicates",
                "Messages that had taken effect before and were skipped",
            ),
            unknown: counter("consumer_unknown_types", "Messages of a type this version does not know"),
            retries: counter("consumer_retries", "Attempts that failed and were repeated"),
            dead_letters: counter("consumer_dead_letters", "Messages given up"),
            lag: meter
                .i64_gauge("consumer_lag")
                .with_description("Messages of a partition that are not handled yet")
                .build(),
        }
    }

    pub(crate) fn handled(&self, topic: &str) {
        self.handled.add(1, &self.of(topic));
    }

    pub(crate) fn duplicate(&self, topic: &str) {
        self.duplicates.add(1, &self.of(topic));
    }

    pub(crate) fn unknown(&self, topic: &str) {
        self.unknown.add(1, &self.of(topic));
    }

    pub(crate) fn retry(&self, topic: &str) {
        self.retries.add(1, &self.of(topic));
    }

    pub(crate) fn dead_letter(&self, topic: &str) {
        self.dead_letters.add(1, &self.of(topic));
    }

    pub(crate) fn lag(&self, topic: &str, partition: i32, messages: i64) {
        let [group, topic] = self.of(topic);
        let partition = KeyValue::new("partition", i64::from(partition));
        self.lag.record(messages, &[group, topic, partition]);
    }

    fn of(&self, topic: &str) -> [KeyValue; 2] {
        [KeyValue::new("group", self.group.clone()), KeyValue::new("topic", topic.to_owned())]
    }
}
