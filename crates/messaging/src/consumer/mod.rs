//! Reading events from Kafka and applying each of them once.
//!
//! Every partition has a task of its own. Up to a batch of its messages share a transaction: inbox rows,
//! effects and outbox rows, commit, then the offset. A message that was applied before is skipped by its inbox
//! row, so that neither a crash nor a rebalance between commit and offset does anything twice.
//! Inbox rows are kept for longer than the topics keep messages, and then forgotten.

mod apply;
mod assignment;
mod config;
mod dead_letter;
mod handler;
mod housekeeping;
mod inbox;
mod incoming;
mod letters;
mod partition;
mod processor;
mod replay;
mod rewind;
mod session;

use std::sync::Arc;

use kernel::Clock;
use rdkafka::error::KafkaError;
use sea_orm::DatabaseConnection;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

pub use config::{ConsumerConfig, RetryPolicy};
pub use handler::{Handler, HandlerError};
pub use incoming::Incoming;
pub use letters::{DeadLetter, DeadLetters, Dismissal, LetterAction, LetterFilter, LetterState};
pub use replay::{Replay, ReplayInterrupted, Replayed};
pub use rewind::{Rewind, RewindError};

use crate::metrics::ConsumerMetrics;
use crate::{KafkaConfig, Wakeup};
use partition::Shared;
use processor::Processor;

/// A member of a consumer group.
pub struct Consumer {
    shared: Arc<Shared>,
    config: ConsumerConfig,
}

impl Consumer {
    /// Applies the messages of `config.topics` through `handler`, in transactions of `db`. `wakeup` is that of
    /// the same database: a handler may append to the outbox.
    #[must_use]
    pub fn new(
        db: DatabaseConnection,
        kafka: KafkaConfig,
        config: ConsumerConfig,
        handler: Arc<dyn Handler>,
        wakeup: Wakeup,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let processor = Processor {
            db,
            group: config.group.clone(),
            handler,
            wakeup,
            clock,
            retry: config.retry.clone(),
            metrics: ConsumerMetrics::new(&config.group),
        };
        let shared = Shared { kafka, own_source: config.own_source.as_str(), batch: config.batch, processor };
        Self { shared: Arc::new(shared), config }
    }

    /// Reads until `shutdown`, then finishes or rolls back what is in hand and commits the offsets.
    ///
    /// # Errors
    /// When the settings make no client. Everything that may pass is waited for.
    pub async fn run(self, shutdown: CancellationToken) -> Result<(), KafkaError> {
        self.shared.kafka.consumer(&self.config.group).create_native_config()?;
        let Processor { db, clock, .. } = &self.shared.processor;
        let housekeeping = housekeeping::keep_inbox_small(db, clock.as_ref(), &shutdown);
        tokio::join!(self.sessions(&shutdown), housekeeping);
        Ok(())
    }

    async fn sessions(&self, shutdown: &CancellationToken) {
        while let Err(error) = session::run(&self.shared, &self.config, shutdown).await {
            let error = anyhow::Error::from(error);
            tracing::error!(
                group = self.config.group,
                error = format!("{error:#}"),
                "the consumer begins anew"
            );
            let _ = timeout(session::RESTART, shutdown.cancelled()).await;
            if shutdown.is_cancelled() {
                break;
            }
        }
    }
}
