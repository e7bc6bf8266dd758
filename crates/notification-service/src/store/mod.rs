//! The tables, and the only statements that touch them.

mod claim;
pub(crate) mod migrations;
mod notification;
mod outcome;
mod purge;
mod record;
mod settled;

pub(crate) use claim::{Claimed, claim};
pub(crate) use outcome::{backlog, give_up, mark_sent, skip, try_again};
pub(crate) use purge::purge;
pub(crate) use record::{NewNotification, insert, renew, told_of_end};
pub(crate) use settled::{mark_settled, settlement};
