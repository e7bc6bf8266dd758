//! A row that one process at a time holds, by the database's clock.

use std::time::Duration;

use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr, Statement, Value};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout, timeout_at};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::database::{ANSWER, within};

/// How long a lease lives without being renewed.
const LIFETIME: Duration = Duration::from_secs(15);
const RENEWAL: Duration = Duration::from_secs(4);
/// How often one who waits for a lease looks whether it is free.
const STANDBY: Duration = Duration::from_millis(500);
const RELEASE_WITHIN: Duration = Duration::from_secs(2);

/// The right to do something alone, named by a row of the database. For what costs nothing but effort when it
/// is done twice, a lease is enough; what must never happen twice also compares [`Held::epoch`] in its
/// statement.
#[derive(Debug, Clone)]
pub struct Lease {
    db: DatabaseConnection,
    name: String,
}

impl Lease {
    /// The lease called `name` in this database.
    #[must_use]
    pub fn new(db: &DatabaseConnection, name: impl Into<String>) -> Self {
        Self { db: db.clone(), name: name.into() }
    }

    /// Takes the lease if nobody holds it.
    ///
    /// # Errors
    /// The database's.
    pub async fn try_acquire(&self) -> Result<Option<Held>, DbErr> {
        let holder = Uuid::from_bytes(kernel::random::bytes());
        let asked = Instant::now();
        let now = self.database_millis();
        // The first condition spares the row lock while somebody else holds it.
        let sql = format!(
            "INSERT INTO leases (name, holder, epoch, expires_at) \
             SELECT $1, $2, 1, {now} + $3 \
             WHERE NOT EXISTS (SELECT 1 FROM leases WHERE name = $1 AND expires_at > {now}) \
             ON CONFLICT (name) DO UPDATE \
             SET holder = excluded.holder, epoch = leases.epoch + 1, expires_at = excluded.expires_at \
             WHERE leases.expires_at <= {now} \
             RETURNING epoch"
        );
        let statement = self.statement(&sql, [self.name.clone().into(), holder.into(), lifetime().into()]);
        let Some(row) = self.db.query_one_raw(statement).await? else {
            return Ok(None);
        };
        let epoch = row.try_get("", "epoch")?;
        Ok(Some(Held::start(self.clone(), holder, epoch, asked + LIFETIME)))
    }

    /// Waits until the lease is free and takes it; `None` once `stop` is cancelled. What works alone is a loop:
    /// `while let Some(held) = lease.acquire(&stop).await { …; held.release().await; }`, in which the work
    /// returns soon after `stop` or [`Held::lost`].
    pub async fn acquire(&self, stop: &CancellationToken) -> Option<Held> {
        while !stop.is_cancelled() {
            match within(ANSWER, self.try_acquire()).await {
                Ok(Some(held)) => {
                    tracing::debug!(lease = self.name, epoch = held.epoch, "lease taken");
                    return Some(held);
                }
                Ok(None) => {}
                Err(error) => {
                    tracing::warn!(lease = self.name, error = %error, "the lease cannot be asked for");
                }
            }
            let _ = timeout(STANDBY, stop.cancelled()).await;
        }
        None
    }

    async fn renew(&self, holder: Uuid, epoch: i64) -> Result<bool, DbErr> {
        let sql = format!(
            "UPDATE leases SET expires_at = {} + $4 WHERE name = $1 AND holder = $2 AND epoch = $3",
            self.database_millis()
        );
        let values: [Value; 4] = [self.name.clone().into(), holder.into(), epoch.into(), lifetime().into()];
        let done = self.db.execute_raw(self.statement(&sql, values)).await?;
        Ok(done.rows_affected() == 1)
    }

    async fn give_back(&self, holder: Uuid, epoch: i64) -> Result<(), DbErr> {
        let sql = "UPDATE leases SET expires_at = 0 WHERE name = $1 AND holder = $2 AND epoch = $3";
        let values: [Value; 3] = [self.name.clone().into(), holder.into(), epoch.into()];
        self.db.execute_raw(self.statement(sql, values)).await?;
        Ok(())
    }

    fn statement<const N: usize>(&self, sql: &str, values: [Value; N]) -> Statement {
        Statement::from_sql_and_values(self.db.get_database_backend(), sql, values)
    }

    /// The one thing that differs by database: its clock, in milliseconds since 1970.
    fn database_millis(&self) -> &'static str {
        match self.db.get_database_backend() {
            DbBackend::Postgres => "CAST(extract(epoch FROM clock_timestamp()) * 1000 AS bigint)",
            _ => "CAST(unixepoch('subsec') * 1000 AS integer)",
        }
    }
}

fn lifetime() -> i64 {
    i64::try_from(LIFETIME.as_millis()).unwrap_or(i64::MAX)
}

/// A lease while it is held: renewed in the background until it is released, dropped or lost.
#[derive(Debug)]
pub struct Held {
    lease: Lease,
    holder: Uuid,
    epoch: i64,
    deadline: watch::Receiver<Instant>,
    lost: CancellationToken,
    renewal: JoinHandle<()>,
}

impl Held {
    fn start(lease: Lease, holder: Uuid, epoch: i64, deadline: Instant) -> Self {
        let lost = CancellationToken::new();
        let (deadlines, deadline) = watch::channel(deadline);
        let renewal = tokio::spawn(keep(lease.clone(), holder, epoch, deadlines, lost.clone()));
        Self { lease, holder, epoch, deadline, lost, renewal }
    }

    /// Grows with every change of holder.
    #[must_use]
    pub const fn epoch(&self) -> i64 {
        self.epoch
    }

    /// Cancelled when somebody else may hold the lease: stop at once.
    #[must_use]
    pub const fn lost(&self) -> &CancellationToken {
        &self.lost
    }

    /// How long it certainly stays ours, even if it cannot be renewed.
    #[must_use]
    pub fn remaining(&self) -> Duration {
        self.deadline.borrow().saturating_duration_since(Instant::now())
    }

    /// Gives it back, so that another one has it at once instead of after its lifetime.
    pub async fn release(self) {
        self.renewal.abort();
        let release = self.lease.give_back(self.holder, self.epoch);
        if !matches!(timeout(RELEASE_WITHIN, release).await, Ok(Ok(()))) {
            tracing::warn!(lease = self.lease.name, "the lease could not be given back and runs out");
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.renewal.abort();
    }
}

/// Renews until somebody else has it or the time is over, then cancels `lost`.
async fn keep(
    lease: Lease,
    holder: Uuid,
    epoch: i64,
    deadlines: watch::Sender<Instant>,
    lost: CancellationToken,
) {
    let _lost = lost.drop_guard();
    let mut pause = RENEWAL;
    loop {
        sleep(pause).await;
        let asked = Instant::now();
        let deadline = *deadlines.borrow();
        match timeout_at(deadline, lease.renew(holder, epoch)).await {
            Ok(Ok(true)) => {
                deadlines.send_replace(asked + LIFETIME);
                pause = RENEWAL;
            }
            Ok(Ok(false)) | Err(_) => break,
            Ok(Err(error)) => {
                tracing::warn!(lease = lease.name, error = %error, "the lease was not renewed");
                pause = STANDBY;
            }
        }
    }
    tracing::warn!(lease = lease.name, epoch, "the lease is lost");
}
