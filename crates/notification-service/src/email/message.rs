//! The MIME message of a notification.

use std::time::SystemTime;

use lettre::Message;
use lettre::message::header::{Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use time::OffsetDateTime;

use super::render::Written;
use crate::domain::Notification;

/// Tells other machines that no person wrote this, so that their absence notes stay away (RFC 3834).
#[derive(Debug, Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

/// Text and HTML as alternatives, with the notification's own Message-ID.
///
/// # Errors
/// When lettre finds an address or a header it cannot write.
pub(super) fn build(
    notification: &Notification,
    written: &Written,
    from: &Mailbox,
    date: OffsetDateTime,
) -> Result<Message, lettre::error::Error> {
    Message::builder()
        .message_id(Some(notification.message_id.clone()))
        .date(SystemTime::from(date))
        .from(from.clone())
        .to(Mailbox::new(None, notification.recipient.address().clone()))
        .subject(written.subject.clone())
        .header(AutoSubmitted)
        .multipart(MultiPart::alternative_plain_html(written.text.clone(), written.html.clone()))
}
