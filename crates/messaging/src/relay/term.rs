//! What a relay does while it holds the lease.

use std::collections::HashMap;
use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use kernel::crash;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::holds::Holds;
use super::publisher::{Outcome, Publisher};
use super::rows::{self, Row};
use super::{Relay, RelayConfig};
use crate::database::{ANSWER, within};
use crate::kafka::MESSAGE_TIMEOUT;
use crate::lease::Held;
use crate::metrics::RelayMetrics;
use crate::wakeup::{Subscription, Wakeup};

const RETRY: Duration = Duration::from_millis(500);
const LONGEST_RETRY: Duration = Duration::from_secs(5);

/// One term of the lease.
pub(super) struct Term<'a> {
    relay: &'a Relay,
    held: &'a Held,
    stop: &'a CancellationToken,
    metrics: &'a RelayMetrics,
    holds: Holds,
    wake: Subscription,
    /// Somebody else clears the rows away: the lease is theirs.
    robbed: bool,
    /// Between failures of the database in a row.
    pauses: ExponentialBackoff,
}

impl<'a> Term<'a> {
    pub(super) fn new(
        relay: &'a Relay,
        held: &'a Held,
        stop: &'a CancellationToken,
        metrics: &'a RelayMetrics,
    ) -> Self {
        Self {
            relay,
            held,
            stop,
            metrics,
            holds: Holds::default(),
            wake: relay.wakeup.subscribe(Wakeup::OUTBOX),
            robbed: false,
            pauses: pauses(),
        }
    }

    /// Publishes until the lease is lost or the process ends.
    pub(super) async fn serve(mut self) {
        while !self.is_over() {
            match Publisher::new(&self.relay.kafka) {
                Ok(publisher) => self.publish_with(&publisher).await,
                Err(error) => {
                    tracing::error!(error = %error, "there is no producer");
                    self.idle(RETRY).await;
                }
            }
        }
    }

    fn is_over(&self) -> bool {
        self.robbed || self.stop.is_cancelled() || self.held.lost().is_cancelled()
    }

    /// Until the term is over or the producer is of no use any more.
    async fn publish_with(&mut self, publisher: &Publisher) {
        while !self.is_over() {
            // What is sent now must have ended, one way or the other, before another one may hold the lease.
            if self.held.remaining() < MESSAGE_TIMEOUT {
                self.idle(RETRY).await;
                continue;
            }
            let RelayConfig { poll_interval, .. } = self.relay.config;
            let round = self.round(publisher).await;
            if round.is_ok() {
                self.pauses = pauses();
            }
            match round {
                Ok(0) => {
                    let pause = self.holds.next().map_or(poll_interval, |next| next.min(poll_interval));
                    self.idle(pause).await;
                }
                Ok(_) => {}
                Err(error) => {
                    tracing::warn!(error = %error, "the outbox cannot be read or written");
                    let pause = self.pauses.next().unwrap_or(RETRY);
                    self.idle(pause).await;
                }
            }
            if let Some(error) = publisher.fatal_error() {
                tracing::error!(error, "the producer is beyond repair and made anew");
                return;
            }
        }
        publisher.purge();
    }

    /// Waits for a wake-up, at most `length`.
    async fn idle(&mut self, length: Duration) {
        tokio::select! {
            () = self.wake.woken() => {}
            () = sleep(length) => {}
            () = self.stop.cancelled() => {}
            () = self.held.lost().cancelled() => {}
        }
    }

    /// Reads a batch, sends it, and clears away what the broker has. Answers how many rows were read.
    async fn round(&mut self, publisher: &Publisher) -> Result<usize, sea_orm::DbErr> {
        let Relay { db, clock, config, .. } = self.relay;
        let batch = within(ANSWER, rows::read(db, clock.as_ref(), config, self.holds.now())).await?;
        if batch.is_empty() {
            return Ok(0);
        }
        let cut = async {
            tokio::select! {
                () = self.held.lost().cancelled() => {}
                () = async { self.stop.cancelled().await; sleep(config.stop_within).await } => {}
            }
        };
        let outcomes = publisher.publish(&batch, cut).await;
        let acknowledged = of(&batch, &outcomes, |outcome| *outcome == Outcome::Acknowledged);
        self.clear(&acknowledged).await;
        self.metrics.published(acknowledged.len());
        self.note_failures(&batch, &outcomes);
        for (row, outcome) in batch.iter().zip(&outcomes) {
            if let Outcome::Refused(error) = outcome {
                tracing::error!(
                    id = row.id,
                    topic = row.topic,
                    key = row.key,
                    bytes = row.payload.len(),
                    error,
                    "the broker refuses an event, it is set aside"
                );
                within(ANSWER, rows::set_aside(db, clock.as_ref(), row, error)).await?;
            }
        }
        Ok(batch.len())
    }

    /// Until it is done: what was read again would be sent again.
    async fn clear(&mut self, ids: &[i64]) {
        if ids.is_empty() {
            return;
        }
        crash::at("relay.acked");
        let mut pauses = pauses();
        loop {
            match within(ANSWER, rows::delete(&self.relay.db, self.held.epoch(), ids)).await {
                Ok(deleted) => {
                    crash::at("relay.deleted");
                    self.robbed = deleted < ids.len() as u64;
                    if self.robbed {
                        let epoch = self.held.epoch();
                        tracing::warn!(
                            epoch,
                            "the lease is lost: published events are another's to clear away"
                        );
                    }
                    return;
                }
                Err(error) => tracing::warn!(error = %error, "published events cannot be cleared away"),
            }
            if self.is_over() {
                return;
            }
            sleep(pauses.next().unwrap_or(RETRY)).await;
        }
    }

    fn note_failures(&mut self, batch: &[Row], outcomes: &[Outcome]) {
        let mut failed: HashMap<&str, (usize, &str)> = HashMap::new();
        for (row, outcome) in batch.iter().zip(outcomes) {
            if let Outcome::Failed(error) = outcome {
                failed.entry(&row.topic).or_insert((0, error)).0 += 1;
            }
        }
        for (row, outcome) in batch.iter().zip(outcomes) {
            if *outcome == Outcome::Acknowledged && !failed.contains_key(row.topic.as_str()) {
                self.holds.succeeded(&row.topic);
            }
        }
        for (topic, (count, error)) in failed {
            self.metrics.failed(count);
            self.holds.failed(topic);
            tracing::warn!(topic, count, error, "events were not published and are sent again");
        }
    }
}

fn pauses() -> ExponentialBackoff {
    ExponentialBuilder::new().with_min_delay(RETRY).with_max_delay(LONGEST_RETRY).without_max_times().build()
}

fn of(batch: &[Row], outcomes: &[Outcome], which: impl Fn(&Outcome) -> bool) -> Vec<i64> {
    let rows = batch.iter().zip(outcomes);
    rows.filter(|(_, outcome)| which(outcome)).map(|(row, _)| row.id).collect()
}
