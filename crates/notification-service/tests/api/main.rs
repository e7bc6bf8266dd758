//! The service from outside: events in, mails out.

#![allow(missing_docs, clippy::unwrap_used, reason = "tests")]

mod app;
mod content;
mod ended;
mod faults;
mod health;
mod mailbox;
mod once;
mod publish;
mod refunds;
mod stale;
