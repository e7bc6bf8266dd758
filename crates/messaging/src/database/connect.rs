//! Pools and transactions.

use std::time::Duration;

use sea_orm::sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
use sea_orm::{
    AccessMode, ConnectOptions, Database, DatabaseConnection, DatabaseTransaction, DbErr, IsolationLevel,
    RuntimeErr, SqliteTransactionMode, TransactionOptions, TransactionTrait,
};
use tracing::Instrument;

/// How a pool behaves. SQLite takes `acquire_timeout` alone: its pool is one connection.
#[derive(Debug, Clone)]
pub struct Options {
    /// What PostgreSQL shows as the client's name.
    pub application_name: String,
    /// The most connections the pool opens.
    pub max_connections: u32,
    /// Connections kept open when idle.
    pub min_connections: u32,
    /// How long a caller waits for a connection before it is told that there is none.
    pub acquire_timeout: Duration,
    /// The longest a statement may run; `None` for migrations.
    pub statement_timeout: Option<Duration>,
    /// The longest a statement may wait for a lock; `None` for migrations.
    pub lock_timeout: Option<Duration>,
}

impl Options {
    /// What a service uses, under its name.
    #[must_use]
    pub fn new(application_name: impl Into<String>) -> Self {
        Self {
            application_name: application_name.into(),
            max_connections: 10,
            min_connections: 1,
            acquire_timeout: Duration::from_secs(3),
            statement_timeout: Some(Duration::from_secs(10)),
            lock_timeout: Some(Duration::from_secs(5)),
        }
    }

    /// Without limits on statements and locks: for a job that only migrates.
    #[must_use]
    pub fn unlimited(mut self) -> Self {
        self.statement_timeout = None;
        self.lock_timeout = None;
        self
    }
}

impl Default for Options {
    fn default() -> Self {
        Self::new("tender")
    }
}

/// Opens the pool for `url` (`postgres://…` or `sqlite://path?mode=rwc`) and makes its first connection.
///
/// # Errors
/// When the URL is none of the two, or the database does not answer within the acquire timeout.
pub async fn connect(url: &str, options: &Options) -> Result<DatabaseConnection, DbErr> {
    let mut connect = ConnectOptions::new(url);
    connect
        .acquire_timeout(options.acquire_timeout)
        .connect_timeout(options.acquire_timeout)
        .sqlx_logging(false);
    if url.starts_with("sqlite:") {
        sqlite(&mut connect);
    } else {
        postgres(&mut connect, options);
    }
    Database::connect(connect).await
}

fn postgres(connect: &mut ConnectOptions, options: &Options) {
    let millis = |limit: Option<Duration>| limit.map_or(0, |limit| limit.as_millis()).to_string();
    let settings = [
        ("statement_timeout", millis(options.statement_timeout)),
        ("lock_timeout", millis(options.lock_timeout)),
        // A transaction that somebody forgot must not hold its locks for ever.
        ("idle_in_transaction_session_timeout", "60000".to_owned()),
        ("timezone", "UTC".to_owned()),
    ];
    connect
        .max_connections(options.max_connections)
        .min_connections(options.min_connections)
        .test_before_acquire_if_idle_for(Duration::from_secs(1))
        .set_application_name(options.application_name.clone())
        .map_sqlx_postgres_opts(move |with| with.options(settings.clone()));
}

fn sqlite(connect: &mut ConnectOptions) {
    connect
        .max_connections(1)
        .idle_timeout(None::<Duration>)
        .max_lifetime(None::<Duration>)
        .map_sqlx_sqlite_opts(|with| {
            with.journal_mode(SqliteJournalMode::Wal)
                .synchronous(SqliteSynchronous::Normal)
                .busy_timeout(Duration::from_secs(5))
                .foreign_keys(true)
        });
}

/// Begins a writing transaction: READ COMMITTED on PostgreSQL; IMMEDIATE on SQLite, so that writers queue up
/// at the start instead of failing half-way.
///
/// # Errors
/// When no connection can be had.
pub async fn begin(db: &DatabaseConnection) -> Result<DatabaseTransaction, DbErr> {
    start(db, IsolationLevel::ReadCommitted, None, SqliteTransactionMode::Immediate).await
}

/// Begins a transaction that only reads, all of it as of one moment.
pub(super) async fn begin_snapshot(db: &DatabaseConnection) -> Result<DatabaseTransaction, DbErr> {
    start(db, IsolationLevel::RepeatableRead, Some(AccessMode::ReadOnly), SqliteTransactionMode::Deferred)
        .await
}

/// A caller may give up waiting at any time. The driver would then leave the connection in an open transaction, in which
/// the next statement that wants none would be lost; so a task of its own waits on, and what nobody takes is rolled back.
async fn start(
    db: &DatabaseConnection,
    isolation: IsolationLevel,
    access: Option<AccessMode>,
    sqlite: SqliteTransactionMode,
) -> Result<DatabaseTransaction, DbErr> {
    let postgres = db.get_database_backend() == sea_orm::DbBackend::Postgres;
    let options = TransactionOptions {
        isolation_level: postgres.then_some(isolation),
        access_mode: access.filter(|_| postgres),
        sqlite_transaction_mode: Some(sqlite),
    };
    let db = db.clone();
    let begun = tokio::spawn(async move { db.begin_with_options(options).await }.in_current_span());
    begun.await.unwrap_or_else(|error| Err(DbErr::Conn(RuntimeErr::Internal(error.to_string()))))
}
