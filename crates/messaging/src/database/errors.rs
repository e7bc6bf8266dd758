//! Which database errors are the surroundings' and which are the statement's own.

use sea_orm::sqlx::Error as SqlxError;
use sea_orm::sqlx::error::DatabaseError;
use sea_orm::{DbErr, RuntimeErr};

/// Whether the database, the network or other traffic is to blame, so that the same work may succeed later:
/// no connection, the pool exhausted, SQLSTATE classes 08, 40, 53, 57P and 58, a time-out of a statement or
/// lock, a server that is read-only; SQLite busy, locked, full or failing to read and write.
#[must_use]
pub fn is_infrastructure(error: &DbErr) -> bool {
    match error {
        DbErr::ConnectionAcquire(_) | DbErr::Conn(_) => true,
        DbErr::Exec(RuntimeErr::SqlxError(cause)) | DbErr::Query(RuntimeErr::SqlxError(cause)) => {
            is_surroundings(cause)
        }
        _ => false,
    }
}

/// Whether the transaction lost against another one (serialization failure, deadlock) and may be run again.
#[must_use]
pub fn is_conflict(error: &DbErr) -> bool {
    let (DbErr::Exec(RuntimeErr::SqlxError(cause)) | DbErr::Query(RuntimeErr::SqlxError(cause))) = error
    else {
        return false;
    };
    match cause.as_ref() {
        SqlxError::Database(error) => matches!(error.code().as_deref(), Some("40001" | "40P01")),
        _ => false,
    }
}

fn is_surroundings(error: &SqlxError) -> bool {
    match error {
        SqlxError::Io(_)
        | SqlxError::Tls(_)
        | SqlxError::Protocol(_)
        | SqlxError::PoolTimedOut
        | SqlxError::PoolClosed
        | SqlxError::WorkerCrashed
        | SqlxError::BeginFailed => true,
        SqlxError::Database(error) => is_code_of_surroundings(error.as_ref()),
        _ => false,
    }
}

fn is_code_of_surroundings(error: &dyn DatabaseError) -> bool {
    let code = error.code().unwrap_or_default();
    if let Some(postgres) = error.try_downcast_ref::<sea_orm::sqlx::postgres::PgDatabaseError>() {
        let code = postgres.code();
        return ["08", "40", "53", "57P", "58"].iter().any(|class| code.starts_with(class))
            || matches!(code, "25P03" | "25006" | "55P03" | "57014");
    }
    // SQLite: BUSY, LOCKED, NOMEM, IOERR, FULL, CANTOPEN; the upper bits tell details.
    let primary = code.parse::<u32>().map(|code| code & 0xff);
    matches!(primary, Ok(5 | 6 | 7 | 10 | 13 | 14))
}

/// An error that may come from the database: lets [`transact`](super::transact) see conflicts.
pub trait DatabaseCause {
    /// The database's error, if one is the cause.
    fn database_cause(&self) -> Option<&DbErr>;
}

impl DatabaseCause for DbErr {
    fn database_cause(&self) -> Option<&DbErr> {
        Some(self)
    }
}

impl DatabaseCause for anyhow::Error {
    fn database_cause(&self) -> Option<&DbErr> {
        self.chain().find_map(|cause| cause.downcast_ref::<DbErr>())
    }
}
