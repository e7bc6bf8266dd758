//! One mail to one recipient, and the states it goes through.

use std::fmt;
use std::str::FromStr;

use lettre::Address;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::Letter;

/// The id of a notification; its mail's Message-ID is made of it, so that a second copy is recognized as one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct NotificationId(pub(crate) uuid::Uuid);

impl fmt::Display for NotificationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Where a notification stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// To be sent, now or at its next try.
    Pending,
    /// The mail server accepted it.
    Sent,
    /// Given up after many tries over a long time.
    Failed,
    /// Never to be sent; the reason is a [`Skipped`].
    Skipped,
}

impl State {
    /// The stable name, as in the table.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Sent => "sent",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }
}

/// Why a mail is not sent at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Skipped {
    /// Nobody said to whom.
    RecipientMissing,
    /// What was said is no mail address.
    RecipientInvalid,
    /// The purchase was paid before the news of a declined attempt, or of the unpaid order's end, could be sent.
    PaidMeanwhile,
}

impl Skipped {
    /// The stable name, as stored and logged.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::RecipientMissing => "recipient_missing",
            Self::RecipientInvalid => "recipient_invalid",
            Self::PaidMeanwhile => "paid_meanwhile",
        }
    }
}

/// A mail address that can be written to.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Recipient(Address);

impl Recipient {
    /// From what an event says.
    ///
    /// # Errors
    /// Why nothing can be sent.
    pub(crate) fn parse(address: Option<&str>) -> Result<Self, Skipped> {
        let address =
            address.map(str::trim).filter(|text| !text.is_empty()).ok_or(Skipped::RecipientMissing)?;
        Address::from_str(address).map(Self).map_err(|_| Skipped::RecipientInvalid)
    }

    /// For the mail itself.
    pub(crate) fn address(&self) -> &Address {
        &self.0
    }

    /// The whole address: for the mail and its row, never for a log.
    pub(crate) fn as_str(&self) -> &str {
        self.0.as_ref()
    }
}

/// Never the whole address.
impl fmt::Debug for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Recipient(…)")
    }
}

/// One try of a notification: which one of which row.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Attempt {
    pub(crate) id: NotificationId,
    /// Tries so far, this one included.
    pub(crate) number: u32,
    pub(crate) first_tried_at: OffsetDateTime,
    /// Of the order's snapshot it was written from.
    pub(crate) sequence: Option<i64>,
}

/// A notification claimed for sending.
#[derive(Debug, Clone)]
pub(crate) struct Notification {
    pub(crate) attempt: Attempt,
    pub(crate) recipient: Recipient,
    pub(crate) message_id: String,
    pub(crate) letter: Letter,
    pub(crate) order_id: Option<String>,
    pub(crate) payment_id: Option<String>,
    /// W3C trace context of the event that asked for it.
    pub(crate) traceparent: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_address_is_named() {
        assert_eq!(Recipient::parse(None), Err(Skipped::RecipientMissing));
        assert_eq!(Recipient::parse(Some("  ")), Err(Skipped::RecipientMissing));
        for address in ["joe", "joe@", "a@b\r\nBcc: c@d.e", "joe@example.com, eve@example.com"] {
            assert_eq!(Recipient::parse(Some(address)), Err(Skipped::RecipientInvalid), "{address}");
        }
        assert!(Recipient::parse(Some(" joe@example.com ")).is_ok());
    }

    #[test]
    fn a_recipient_does_not_show_in_debug_output() {
        let recipient = Recipient::parse(Some("joe@example.com")).unwrap();
        assert!(!format!("{recipient:?}").contains("joe"));
    }
}
