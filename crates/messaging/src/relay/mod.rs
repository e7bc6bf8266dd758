//! Publishing the outbox.
//!
//! One relay per database works at a time, by a lease. It reads rows by id (never by a cursor: ids commit out
//! of order), sends them, waits for the acknowledgements and deletes what was acknowledged; a crash in between
//! sends the same event again, with the same id. First copies of one topic and key follow the order of their
//! rows, except after a delivery time-out.
//!
//! What the broker does not take is never lost and blocks nothing else for long: a *topic* that fails is left out
//! for a moment, longer each time and up to 5 s, so that its order is kept; a *row* that the broker refuses for what
//! it is (its size) is set aside in the table, tried again ever more seldom and counted in `outbox_set_aside_rows`,
//! while its successors go on: they carry newer snapshots. A round waits for all of its rows: one that cannot be
//! written, as its partition has no leader, delays what is appended meanwhile by up to 10 s, each time it is tried.

mod backlog;
mod holds;
mod publisher;
mod rows;
mod term;

use std::sync::Arc;
use std::time::Duration;

use kernel::Clock;
use rdkafka::error::KafkaError;
use sea_orm::DatabaseConnection;
use tokio_util::sync::CancellationToken;

use crate::metrics::RelayMetrics;
use crate::{KafkaConfig, Lease, Wakeup};
use term::Term;

/// The lease's name.
const LEASE: &str = "relay";

/// How a relay works.
#[derive(Debug, Clone)]
pub struct RelayConfig {
    /// How often it looks for rows although nobody woke it.
    pub poll_interval: Duration,
    /// The most rows in flight.
    pub batch: u64,
    /// The most bytes of values in flight, but for one row.
    pub batch_bytes: i64,
    /// How long acknowledgements are waited for at the end.
    pub stop_within: Duration,
    /// How often backlog and age are measured.
    pub measure_interval: Duration,
}

impl Default for RelayConfig {
    fn default() -> Self {
        Self {
            poll_interval: Duration::from_millis(250),
            batch: 500,
            batch_bytes: 8 << 20,
            stop_within: Duration::from_secs(3),
            measure_interval: Duration::from_secs(5),
        }
    }
}

/// Publishes the outbox of a database.
pub struct Relay {
    db: DatabaseConnection,
    kafka: KafkaConfig,
    wakeup: Wakeup,
    clock: Arc<dyn Clock>,
    config: RelayConfig,
}

impl Relay {
    /// With the usual settings.
    #[must_use]
    pub fn new(db: DatabaseConnection, kafka: KafkaConfig, wakeup: Wakeup, clock: Arc<dyn Clock>) -> Self {
        Self { db, kafka, wakeup, clock, config: RelayConfig::default() }
    }

    /// With other settings.
    #[must_use]
    pub fn with_config(mut self, config: RelayConfig) -> Self {
        self.config = config;
        self
    }

    /// Publishes whenever this process holds the lease, until `shutdown`; then waits for what is in flight, a
    /// bounded time, and gives the lease back.
    ///
    /// # Errors
    /// When the settings make no client. Everything that may pass is waited for.
    pub async fn run(self, shutdown: CancellationToken) -> Result<(), KafkaError> {
        self.kafka.producer().create_native_config()?;
        let metrics = RelayMetrics::new(&self.kafka.client_id);
        let lease = Lease::new(&self.db, LEASE);
        let publishing = async {
            while let Some(held) = lease.acquire(&shutdown).await {
                Term::new(&self, &held, &shutdown, &metrics).serve().await;
                held.release().await;
            }
        };
        let measuring = shutdown.run_until_cancelled(backlog::measure(
            &self.db,
            self.clock.as_ref(),
            &metrics,
            self.config.measure_interval,
        ));
        tokio::join!(publishing, measuring);
        Ok(())
    }
}
