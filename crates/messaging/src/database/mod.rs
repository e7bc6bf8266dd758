//! How the services open, write to and migrate their databases.
//!
//! One vocabulary for both back ends: PostgreSQL in earnest, SQLite (a file, one connection) for the embedded
//! demo. Every writing transaction begins with [`begin`].

mod connect;
mod deadline;
mod errors;
mod migrate;
mod transact;

pub use connect::{Options, begin, connect};
pub use deadline::{ANSWER, TRANSACTION, within};
pub use errors::{DatabaseCause, is_conflict, is_infrastructure};
pub use migrate::{MigrateError, ensure_migrated, migrate};
pub use transact::{Work, snapshot, transact};
