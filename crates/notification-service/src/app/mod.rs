//! What the service does: it takes note of what a customer should read, and delivers it.

mod announce;
mod confirm;
mod deliver;
mod forget;
mod mailer;
mod settle;

pub(crate) use announce::announce;
pub(crate) use confirm::confirmation;
pub(crate) use deliver::{Delivery, DeliverySettings};
pub(crate) use mailer::{Mailer, SendError};
pub(crate) use settle::settle;
