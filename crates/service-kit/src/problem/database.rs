//! Which database errors pass by themselves.

use sea_orm::{DbErr, RuntimeErr, SqlxError};

/// Whether the database could not be reached, had no connection left, or gave up for a moment (SQLSTATE classes 08,
/// 40, 53 and 57P): the caller may try again.
#[must_use]
pub fn is_unavailable(error: &DbErr) -> bool {
    match error {
        DbErr::ConnectionAcquire(_) | DbErr::Conn(_) => true,
        DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error)) => {
            passes(error)
        }
        _ => false,
    }
}

fn passes(error: &SqlxError) -> bool {
    match error {
        SqlxError::Io(_)
        | SqlxError::Tls(_)
        | SqlxError::PoolTimedOut
        | SqlxError::PoolClosed
        | SqlxError::WorkerCrashed => true,
        // SQLite: 5 is busy, 6 locked, 13 full.
        SqlxError::Database(error) => error.code().is_some_and(|code| {
            ["08", "40", "53", "57P"].iter().any(|class| code.len() == 5 && code.starts_with(class))
                || ["5", "6", "13", "261", "517"].contains(&code.as_ref())
        }),
        _ => false,
    }
}
