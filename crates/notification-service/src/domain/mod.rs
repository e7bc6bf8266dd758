//! What is written to whom, and when it is tried again. No I/O.

mod announcement;
mod facts;
mod kind;
mod letter;
mod notification;
mod price;
mod retry;
mod settlement;
mod text;

pub(crate) use announcement::Announcement;
pub(crate) use facts::{Line, OrderFacts, PaymentFacts, Purchase, RefundCause, RefundFacts};
pub(crate) use kind::Kind;
pub(crate) use letter::Letter;
pub(crate) use notification::{Attempt, Notification, NotificationId, Recipient, Skipped, State};
pub(crate) use price::written;
pub(crate) use retry::{Patience, Verdict};
pub(crate) use settlement::Settlement;
pub(crate) use text::{clean, without_addresses};
