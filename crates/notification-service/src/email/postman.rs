//! Takes a notification to its recipient.

use async_trait::async_trait;
use lettre::message::Mailbox;
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use time::OffsetDateTime;

use super::files::MailFiles;
use super::{message, render::Renderer};
use crate::app::{Mailer, SendError};
use crate::domain::Notification;

/// The way mails leave.
pub(crate) enum Transport {
    /// A mail server.
    Smtp(AsyncSmtpTransport<Tokio1Executor>),
    /// A folder, for trying things out.
    Files(MailFiles),
}

/// Writes mails and hands them over.
pub(crate) struct Postman {
    pub(crate) renderer: Renderer,
    pub(crate) from: Mailbox,
    pub(crate) transport: Transport,
}

#[async_trait]
impl Mailer for Postman {
    async fn send(&self, notification: &Notification, date: OffsetDateTime) -> Result<(), SendError> {
        let unwritable = |error: anyhow::Error| SendError::Unwritable(error);
        let written = self.renderer.write(&notification.letter).map_err(|error| unwritable(error.into()))?;
        let message = message::build(notification, &written, &self.from, date)
            .map_err(|error| unwritable(error.into()))?;
        match &self.transport {
            Transport::Smtp(smtp) => {
                smtp.send(message).await.map_err(|error| SendError::NotAccepted(error.into()))?;
            }
            Transport::Files(files) => files
                .put(notification, &written, &message, date)
                .await
                .map_err(|error| SendError::NotAccepted(error.into()))?,
        }
        Ok(())
    }
}
