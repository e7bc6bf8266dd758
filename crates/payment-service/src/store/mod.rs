//! The service's tables. Functions here run in the caller's transaction and decide nothing.
//!
//! Lock order: Stripe event, purchase, everything below it. [`purchases::lock`] comes first in every transaction
//! that writes anything about a purchase's payments.

pub(crate) mod catalogue;
mod entities;
pub(crate) mod history;
pub(crate) mod migrations;
pub(crate) mod payments;
pub(crate) mod purchases;
pub(crate) mod quarantine;
pub(crate) mod reconcile_runs;
pub(crate) mod refund_requests;
pub(crate) mod stripe_events;
pub(crate) mod stripe_requests;

pub use migrations::Migrator;

use sea_orm::DbErr;

/// A row that this build cannot read: newer, or damaged.
fn unreadable(error: impl std::error::Error + Send + Sync + 'static) -> DbErr {
    DbErr::TryIntoErr { from: "row", into: "domain", source: std::sync::Arc::new(error) }
}

/// A JSON column's value.
fn to_json<T: serde::Serialize>(value: &T) -> Result<sea_orm::JsonValue, DbErr> {
    serde_json::to_value(value).map_err(unreadable)
}

fn from_json<T: serde::de::DeserializeOwned>(value: sea_orm::JsonValue) -> Result<T, DbErr> {
    // Its own words quote values, and these may be personal.
    let silent = |error: serde_json::Error| std::io::Error::other(format!("{:?} error", error.classify()));
    serde_json::from_value(value).map_err(|error| unreadable(silent(error)))
}

/// Counts and attempt numbers stay far below the limit of the column.
fn to_i32(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

fn to_u32(number: i32) -> u32 {
    u32::try_from(number).unwrap_or_default()
}
