//! What a service does with a message.

use async_trait::async_trait;
use sea_orm::{DatabaseTransaction, DbErr};

use super::Incoming;
use crate::OutboxError;
use crate::database::{DatabaseCause, is_conflict, is_infrastructure};

/// Applies messages.
#[async_trait]
pub trait Handler: Send + Sync + 'static {
    /// Applies one message inside the consumer's transaction. The inbox row is already inserted: a duplicate
    /// never gets here. Other messages may share the transaction, and it may be rolled back and run again: do
    /// nothing but talk to the database through `tx`.
    ///
    /// # Errors
    /// `Conflict` when another transaction won, `Retry` when the surroundings are to blame, `Fail` when the
    /// message is. [`HandlerError::classify`] and `?` on the database's errors choose.
    async fn handle(&self, tx: &DatabaseTransaction, message: &Incoming) -> Result<(), HandlerError>;

    /// Called after a transaction with effects has been committed: the place for wake-ups. The relay's is
    /// given by the consumer itself.
    fn committed(&self) {}
}

/// Why a message was not applied, and so what becomes of it.
#[derive(Debug, thiserror::Error)]
pub enum HandlerError {
    /// The transaction lost against another one (deadlock, serialization failure): run again shortly, the
    /// messages of a batch singly.
    #[error("another transaction was in the way")]
    Conflict(#[source] anyhow::Error),
    /// The surroundings: tried again for ever, while the partition waits.
    #[error("the surroundings failed")]
    Retry(#[source] anyhow::Error),
    /// The message itself: tried a few times, then a dead letter.
    #[error("the message cannot be applied")]
    Fail(#[source] anyhow::Error),
}

impl HandlerError {
    /// The surroundings are to blame.
    pub fn retry(cause: impl Into<anyhow::Error>) -> Self {
        Self::Retry(cause.into())
    }

    /// The message is to blame.
    pub fn fail(cause: impl Into<anyhow::Error>) -> Self {
        Self::Fail(cause.into())
    }

    /// What the database's error says, if one is the cause; without one the message is to blame.
    pub fn classify(cause: impl DatabaseCause + Into<anyhow::Error>) -> Self {
        // Asked before the conversion: a transparent error hides the one it is made of from the chain.
        let of_database = cause.database_cause().map(|error| (is_conflict(error), is_infrastructure(error)));
        match of_database {
            Some((true, _)) => Self::Conflict(cause.into()),
            Some((_, true)) => Self::Retry(cause.into()),
            _ => Self::Fail(cause.into()),
        }
    }
}

impl From<DbErr> for HandlerError {
    fn from(error: DbErr) -> Self {
        Self::classify(error)
    }
}

impl From<OutboxError> for HandlerError {
    fn from(error: OutboxError) -> Self {
        Self::classify(error)
    }
}

impl From<events::DecodeError> for HandlerError {
    fn from(error: events::DecodeError) -> Self {
        Self::Fail(error.into())
    }
}
