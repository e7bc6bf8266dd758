//! What becomes of a batch of one partition's messages: together if it can be, singly if one of them fails or
//! another transaction is in the way, again and again while the surroundings are broken, a dead letter when a
//! message cannot be applied.

use std::sync::Arc;
use std::time::Duration;

use backon::ExponentialBackoff;
use kernel::Clock;
use sea_orm::DatabaseConnection;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::apply::Failure;
use super::dead_letter::{self, Verdict};
use super::incoming::{Content, Message};
use super::{Handler, RetryPolicy};
use crate::Wakeup;
use crate::database::{ANSWER, within};
use crate::metrics::ConsumerMetrics;

/// Everything a partition's task needs to deal with messages.
pub(super) struct Processor {
    pub(super) db: DatabaseConnection,
    /// Without the prefix.
    pub(super) group: String,
    pub(super) handler: Arc<dyn Handler>,
    pub(super) wakeup: Wakeup,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) retry: RetryPolicy,
    pub(super) metrics: ConsumerMetrics,
}

/// For one transaction of a batch.
const APPLY: Duration = Duration::from_secs(60);

/// The work was interrupted by `stop`.
struct Stopped;

impl Processor {
    /// Deals with `messages`, which follow each other in one partition. Answers how many of them, from the
    /// first on, are dealt with for good: all of them, unless `stop` came in between.
    pub(super) async fn process(&self, messages: &[Message], stop: &CancellationToken) -> usize {
        if messages.len() > 1 {
            match self.together(messages, stop).await {
                Ok(true) => return messages.len(),
                Ok(false) => {}
                Err(Stopped) => return 0,
            }
        }
        for (done, message) in messages.iter().enumerate() {
            if stop.is_cancelled() || self.singly(message, stop).await.is_err() {
                return done;
            }
        }
        messages.len()
    }

    /// `false` if one of them fails, or if the transaction lost against another one: messages of several orders
    /// hold the locks of one while they ask for those of the next, which no order of locks allows for. Singly
    /// each of them keeps that order.
    async fn together(&self, messages: &[Message], stop: &CancellationToken) -> Result<bool, Stopped> {
        let mut pauses = self.retry.in_outage();
        loop {
            match self.apply_in_time(messages).await {
                Ok(()) => return Ok(true),
                Err(Failure::Outage(error)) => {
                    self.wait_out(&messages[0], &error, &mut pauses, stop).await?;
                }
                Err(Failure::Conflict(error) | Failure::Message(error)) => {
                    tracing::debug!(error = format!("{error:#}"), "a batch is taken apart");
                    return Ok(false);
                }
            }
        }
    }

    async fn singly(&self, message: &Message, stop: &CancellationToken) -> Result<(), Stopped> {
        let mut outage = self.retry.in_outage();
        let mut conflict = RetryPolicy::in_conflict();
        let mut between = self.retry.between_tries();
        // What cannot be read will not become readable.
        let tries = match message.content {
            Content::Broken { .. } => 1,
            _ => self.retry.tries.max(1),
        };
        let mut tried = 0;
        loop {
            match self.apply_in_time(std::slice::from_ref(message)).await {
                Ok(()) => return Ok(()),
                Err(Failure::Outage(error)) => self.wait_out(message, &error, &mut outage, stop).await?,
                // Not the message's fault, so it does not count as a try.
                Err(Failure::Conflict(error)) => {
                    self.metrics.retry(&message.raw.topic);
                    log_failure(message, &error, tried);
                    pause(conflict.next(), stop).await?;
                }
                Err(Failure::Message(error)) => {
                    tried += 1;
                    if tried == tries {
                        return self.bury(message, &Verdict::new(&error, tried), stop).await;
                    }
                    self.metrics.retry(&message.raw.topic);
                    log_failure(message, &error, tried);
                    pause(between.next(), stop).await?;
                }
            }
        }
    }

    /// A database that stands still is an outage like any other; one that is merely slow gets a batch message by
    /// message.
    async fn apply_in_time(&self, messages: &[Message]) -> Result<(), Failure> {
        let late = |_| {
            let error = anyhow::anyhow!("not applied within {APPLY:?}");
            if messages.len() > 1 { Failure::Conflict(error) } else { Failure::Outage(error) }
        };
        timeout(APPLY, self.apply(messages)).await.map_err(late).flatten()
    }

    /// Until it is written down: the offset does not move before.
    async fn bury(
        &self,
        message: &Message,
        verdict: &Verdict,
        stop: &CancellationToken,
    ) -> Result<(), Stopped> {
        let mut pauses = self.retry.in_outage();
        while let Err(error) =
            within(ANSWER, dead_letter::bury(&self.db, self.clock.as_ref(), &self.group, message, verdict))
                .await
        {
            self.wait_out(message, &error.into(), &mut pauses, stop).await?;
        }
        self.metrics.dead_letter(&message.raw.topic);
        self.wakeup.notify();
        tracing::error!(
            group = self.group,
            topic = message.raw.topic,
            partition = message.raw.partition,
            offset = message.raw.offset,
            event_id = event_id(message),
            attempts = verdict.attempts,
            error = verdict.error,
            "message given up as a dead letter"
        );
        Ok(())
    }

    async fn wait_out(
        &self,
        message: &Message,
        error: &anyhow::Error,
        pauses: &mut ExponentialBackoff,
        stop: &CancellationToken,
    ) -> Result<(), Stopped> {
        self.metrics.retry(&message.raw.topic);
        tracing::warn!(
            group = self.group,
            topic = message.raw.topic,
            partition = message.raw.partition,
            offset = message.raw.offset,
            error = format!("{error:#}"),
            "the partition waits until the surroundings work again"
        );
        pause(pauses.next(), stop).await
    }
}

async fn pause(length: Option<Duration>, stop: &CancellationToken) -> Result<(), Stopped> {
    match timeout(length.unwrap_or(Duration::from_secs(1)), stop.cancelled()).await {
        Ok(()) => Err(Stopped),
        Err(_) => Ok(()),
    }
}

fn log_failure(message: &Message, error: &anyhow::Error, tried: u32) {
    tracing::warn!(
        topic = message.raw.topic,
        partition = message.raw.partition,
        offset = message.raw.offset,
        event_id = event_id(message),
        tried,
        error = format!("{error:#}"),
        "message failed and is tried again"
    );
}

fn event_id(message: &Message) -> Option<String> {
    match &message.content {
        Content::Event(event) => Some(event.event_id.to_string()),
        _ => None,
    }
}
