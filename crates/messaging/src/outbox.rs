//! Appending events to the outbox, in the transaction that makes them true.

use std::sync::Arc;

use events::{Envelope, EventData};
use kernel::Clock;
use sea_orm::ActiveValue::{NotSet, Set};
use sea_orm::{DatabaseTransaction, DbErr, EntityTrait};
use time::format_description::well_known::Rfc3339;

use crate::Source;
use crate::database::DatabaseCause;
use crate::headers::{self, Headers};
use crate::tables::outbox;
use crate::trace;

/// Just under the megabyte that brokers and clients take by default.
const DEFAULT_MAX_MESSAGE_BYTES: usize = 1_000_000 - 1_024;

/// Why an event was not appended. The caller's transaction has to be rolled back.
#[derive(Debug, thiserror::Error)]
pub enum OutboxError {
    /// Key, headers and value together are more than a broker takes.
    #[error("the event for `{topic}` has {size} bytes, {max} at most are allowed")]
    TooLarge {
        /// Where it should have gone.
        topic: &'static str,
        /// Bytes of key, headers and value.
        size: usize,
        /// The limit.
        max: usize,
    },
    /// It has no form as JSON.
    #[error("the event cannot be written as JSON")]
    Encode(#[source] serde_json::Error),
    /// The database failed.
    #[error("the database failed")]
    Database(#[from] DbErr),
}

impl DatabaseCause for OutboxError {
    fn database_cause(&self) -> Option<&DbErr> {
        match self {
            Self::Database(error) => Some(error),
            _ => None,
        }
    }
}

/// Appends a service's events to its outbox.
#[derive(Debug, Clone)]
pub struct OutboxWriter {
    source: Source,
    clock: Arc<dyn Clock>,
    max_message_bytes: usize,
}

impl OutboxWriter {
    /// For the service `source`.
    #[must_use]
    pub fn new(source: Source, clock: Arc<dyn Clock>) -> Self {
        Self { source, clock, max_message_bytes: DEFAULT_MAX_MESSAGE_BYTES }
    }

    /// With another limit on bytes of key, headers and value together.
    #[must_use]
    pub fn with_max_message_bytes(mut self, bytes: usize) -> Self {
        self.max_message_bytes = bytes;
        self
    }

    /// Appends `event` in the caller's transaction, which holds the lock of what the event tells about: that is
    /// what keeps the events of one key in order. Call [`Wakeup::notify`](crate::Wakeup::notify) after the
    /// commit. The current span's trace travels with it.
    ///
    /// # Errors
    /// `TooLarge`, `Encode`, or the database's.
    pub async fn append<T: EventData>(
        &self,
        tx: &DatabaseTransaction,
        event: &Envelope<T>,
    ) -> Result<(), OutboxError> {
        let topic = event.data.topic().name();
        let key = event.data.key();
        let payload = event.to_json().map_err(OutboxError::Encode)?;
        let mut headers = headers::cloud_event(
            &event.event_id.to_string(),
            &event.event_type,
            self.source.as_str(),
            &event.timestamp.format(&Rfc3339).unwrap_or_default(),
        );
        trace::inject(&mut headers);
        let size = payload.len() + key.len() + headers.size();
        if size > self.max_message_bytes {
            return Err(OutboxError::TooLarge { topic, size, max: self.max_message_bytes });
        }
        let row = Row {
            event_id: event.event_id.uuid(),
            topic: topic.to_owned(),
            key: Some(key),
            payload,
            headers,
        };
        Ok(row.insert(tx, self.clock.as_ref()).await?)
    }
}

/// A message on its way into the outbox.
pub(crate) struct Row {
    pub(crate) event_id: uuid::Uuid,
    /// Without the prefix.
    pub(crate) topic: String,
    pub(crate) key: Option<String>,
    pub(crate) payload: Vec<u8>,
    pub(crate) headers: Headers,
}

impl Row {
    pub(crate) async fn insert(self, tx: &DatabaseTransaction, clock: &dyn Clock) -> Result<(), DbErr> {
        let row = outbox::ActiveModel {
            id: NotSet,
            event_id: Set(self.event_id),
            topic: Set(self.topic),
            key: Set(self.key),
            payload: Set(self.payload),
            headers: Set(self.headers.to_json()),
            created_at: Set(clock.now()),
            attempts: Set(0),
            next_try_at: Set(None),
            last_error: Set(None),
        };
        outbox::Entity::insert(row).exec_without_returning(tx).await?;
        Ok(())
    }
}
