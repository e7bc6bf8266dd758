//! What a consumer reads and how patient it is.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use events::Topic;

use crate::Source;

/// What a consumer reads, and as whom.
#[derive(Debug, Clone)]
pub struct ConsumerConfig {
    /// The consumer group, without prefix; by convention the service's name.
    pub group: String,
    /// What to read.
    pub topics: Vec<Topic>,
    /// Events of this source are our own and skipped.
    pub own_source: Source,
    /// The most messages of a partition that share a transaction.
    pub batch: usize,
    /// How failures are repeated.
    pub retry: RetryPolicy,
    /// How long the messages in hand may take at the end before they are rolled back.
    pub stop_within: Duration,
}

impl ConsumerConfig {
    /// The usual patience.
    #[must_use]
    pub fn new(group: impl Into<String>, topics: impl Into<Vec<Topic>>, own_source: Source) -> Self {
        Self {
            group: group.into(),
            topics: topics.into(),
            own_source,
            batch: 64,
            retry: RetryPolicy::default(),
            stop_within: Duration::from_secs(5),
        }
    }
}

/// How failures are repeated: an error of the message itself a bounded number of times, an error of the
/// surroundings for ever.
#[derive(Debug, Clone)]
pub struct RetryPolicy {
    /// How often a message is tried before it becomes a dead letter; at least once.
    pub tries: u32,
    /// The pause after the first failure; every further one is twice as long, with up to as much jitter.
    pub first_pause: Duration,
    /// The longest pause between the tries of a message.
    pub longest_pause: Duration,
    /// The longest pause while the surroundings are broken.
    pub longest_outage_pause: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            tries: 5,
            first_pause: Duration::from_millis(50),
            longest_pause: Duration::from_secs(1),
            longest_outage_pause: Duration::from_secs(10),
        }
    }
}

impl RetryPolicy {
    pub(crate) fn between_tries(&self) -> ExponentialBackoff {
        self.pauses(self.longest_pause)
    }

    pub(crate) fn in_outage(&self) -> ExponentialBackoff {
        self.pauses(self.longest_outage_pause)
    }

    /// Whoever won commits in a moment; the jitter keeps two from meeting again.
    pub(crate) fn in_conflict() -> ExponentialBackoff {
        ExponentialBuilder::new()
            .with_min_delay(Duration::from_millis(10))
            .with_max_delay(Duration::from_millis(500))
            .without_max_times()
            .with_jitter()
            .build()
    }

    fn pauses(&self, longest: Duration) -> ExponentialBackoff {
        ExponentialBuilder::new()
            .with_min_delay(self.first_pause)
            .with_max_delay(longest)
            .without_max_times()
            .with_jitter()
            .build()
    }
}
