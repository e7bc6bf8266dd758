//! Schema changes: applied by one process at a time, checked by every other.

use std::collections::HashSet;
use std::time::Duration;

use sea_orm::sea_query::{Alias, Query};
use sea_orm::sqlx::{self, Connection, PgConnection};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr};
use sea_orm_migration::{MigratorTrait, SchemaManager};
use tokio::time::{Instant, sleep};

/// Any number, the same in every process that migrates a database of ours.
const LOCK: i64 = 0x0074_656e_6465_7264;
/// How long another process may take to migrate before we give up.
const PATIENCE: Duration = Duration::from_secs(300);

/// Why a schema could not be brought, or found, up to date.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// The database failed.
    #[error("the database failed")]
    Database(#[from] DbErr),
    /// The connection that holds the lock failed.
    #[error("the migration lock failed")]
    Lock(#[from] sqlx::Error),
    /// Another process held the lock for too long.
    #[error("another process has been migrating for more than {PATIENCE:?}")]
    Busy,
    /// The schema is older than this program.
    #[error("the schema is too old, these migrations are missing: {}", .0.join(", "))]
    Outdated(Vec<String>),
}

/// Applies what is missing of `M`'s migrations, one process at a time. A schema that is newer than this
/// program is left as it is.
///
/// # Errors
/// The database's, and `Busy`.
pub async fn migrate<M: MigratorTrait>(db: &DatabaseConnection) -> Result<(), MigrateError> {
    let lock = match db.get_database_backend() {
        DbBackend::Postgres => Some(lock(db).await?),
        _ => None,
    };
    if !missing::<M>(db).await?.is_empty() {
        M::up(db, None).await?;
    }
    if let Some(lock) = lock {
        // The lock belongs to the session, which ends here, or with the process.
        lock.close().await?;
    }
    Ok(())
}

/// Checks that all of `M`'s migrations are applied.
///
/// # Errors
/// `Outdated` with the names of the missing ones, or the database's.
pub async fn ensure_migrated<M: MigratorTrait>(db: &DatabaseConnection) -> Result<(), MigrateError> {
    match missing::<M>(db).await? {
        missing if missing.is_empty() => Ok(()),
        missing => Err(MigrateError::Outdated(missing)),
    }
}

/// Polls for the lock: waiting inside `pg_advisory_lock` would hold a snapshot that `CREATE INDEX CONCURRENTLY`
/// of the one who holds it waits for.
async fn lock(db: &DatabaseConnection) -> Result<PgConnection, MigrateError> {
    let options = db.get_postgres_connection_pool().connect_options();
    let mut session = PgConnection::connect_with(&options).await?;
    let end = Instant::now() + PATIENCE;
    while Instant::now() < end {
        let held: bool =
            sqlx::query_scalar("SELECT pg_try_advisory_lock($1)").bind(LOCK).fetch_one(&mut session).await?;
        if held {
            return Ok(session);
        }
        sleep(Duration::from_millis(100)).await;
    }
    Err(MigrateError::Busy)
}

/// The names of `M`'s migrations that the database does not list. Names it lists beyond those are a newer
/// program's and no concern of ours.
async fn missing<M: MigratorTrait>(db: &DatabaseConnection) -> Result<Vec<String>, DbErr> {
    let table = M::migration_table_name();
    let mut applied = HashSet::new();
    if SchemaManager::new(db).has_table(table.to_string()).await? {
        let select = Query::select().column(Alias::new("version")).from(table).take();
        for row in db.query_all(&select).await? {
            applied.insert(row.try_get::<String>("", "version")?);
        }
    }
    let names = M::migrations().into_iter().map(|one| one.name().to_owned());
    Ok(names.filter(|name| !applied.contains(name)).collect())
}
