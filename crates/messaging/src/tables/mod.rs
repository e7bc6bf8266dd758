//! The tables that every service's database carries for its messages.

pub(crate) mod dead_letter_actions;
pub(crate) mod dead_letters;
pub(crate) mod inbox;
pub(crate) mod leases;
pub(crate) mod outbox;
