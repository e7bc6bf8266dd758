//! What an event asks to be written.

use super::Letter;

/// Somebody should read something.
#[derive(Debug)]
pub(crate) struct Announcement<'a> {
    pub(crate) letter: Letter,
    /// The order or payment it is about; with the kind, what makes the mail the only one.
    pub(crate) subject: String,
    /// The address, as the event has it.
    pub(crate) recipient: Option<&'a str>,
    pub(crate) order_id: Option<String>,
    pub(crate) payment_id: Option<String>,
    /// Of the order's snapshot, when it is about an order.
    pub(crate) sequence: Option<i64>,
    /// W3C trace context of the event.
    pub(crate) traceparent: Option<String>,
}
