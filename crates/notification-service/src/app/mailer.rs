//! The way out: something that takes a mail.

use async_trait::async_trait;
use time::OffsetDateTime;

use crate::domain::Notification;

/// The mail was not taken, or nobody knows whether it was. The causes' own words, which tell their causes, are
/// part of the message: it is what is stored and logged, once addresses are taken out.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SendError {
    /// It could not be written. A mistake of ours, tried again like the others until it is mended.
    #[error("the mail cannot be written: {0}")]
    Unwritable(anyhow::Error),
    /// The server refused it, or did not answer in time. If it took the mail without saying so, the next copy
    /// carries the same Message-ID.
    #[error("the mail was not accepted: {0}")]
    NotAccepted(anyhow::Error),
}

/// Takes mails to customers.
#[async_trait]
pub(crate) trait Mailer: Send + Sync + 'static {
    /// Sends one mail, dated `date`. Returns when it was accepted for good.
    ///
    /// # Errors
    /// [`SendError`]; the caller tries again later.
    async fn send(&self, notification: &Notification, date: OffsetDateTime) -> Result<(), SendError>;
}
