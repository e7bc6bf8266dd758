//! Whole transactions: one that writes is run again when it lost against another one; one that reads sees one moment.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};
use futures::future::BoxFuture;
use sea_orm::{DatabaseConnection, DatabaseTransaction, DbErr};

use super::connect::begin_snapshot;
use super::{DatabaseCause, TRANSACTION, begin, is_conflict, within};

/// What [`transact`] and [`snapshot`] run: any `async |tx: &DatabaseTransaction| { … }` whose future is `Send`. A
/// trait of our own, because `AsyncFn` cannot say that its future is.
pub trait Work<'t, T, E>: Send + Sync {
    /// What it answers, in time.
    type Done: Future<Output = Result<T, E>> + Send;

    /// Runs it once.
    fn run(&self, tx: &'t DatabaseTransaction) -> Self::Done;
}

impl<'t, T, E, F, D> Work<'t, T, E> for F
where
    F: Fn(&'t DatabaseTransaction) -> D + Send + Sync,
    D: Future<Output = Result<T, E>> + Send,
{
    type Done = D;

    fn run(&self, tx: &'t DatabaseTransaction) -> D {
        self(tx)
    }
}

/// Runs `work` in a transaction and commits. After a deadlock or serialization failure everything is rolled
/// back and run again, up to five times in all: `work` must do nothing but talk to the database. Each run is given
/// [`TRANSACTION`].
///
/// # Errors
/// Those of `work`, which roll back, and the database's own.
pub fn transact<'a, T, E, W>(db: &'a DatabaseConnection, work: W) -> BoxFuture<'a, Result<T, E>>
where
    T: Send + 'a,
    E: From<DbErr> + DatabaseCause + Send + 'a,
    W: for<'t> Work<'t, T, E> + 'a,
{
    Box::pin(async move {
        let mut pauses = ExponentialBuilder::new()
            .with_min_delay(Duration::from_millis(10))
            .with_max_times(4)
            .with_jitter()
            .build();
        loop {
            let error = match within(TRANSACTION, async { once(begin(db).await?, &work).await }).await {
                Ok(value) => return Ok(value),
                Err(error) => error,
            };
            let lost = error.database_cause().is_some_and(is_conflict);
            let Some(pause) = pauses.next().filter(|_| lost) else {
                return Err(error);
            };
            tracing::debug!("a transaction lost against another one and is run again");
            tokio::time::sleep(pause).await;
        }
    })
}

/// Runs queries whose answers must agree: all see the database as of one moment. They are given [`TRANSACTION`]. Not
/// inside another transaction: SQLite has one connection.
///
/// # Errors
/// Those of `work`, and the database's own.
pub fn snapshot<'a, T, E, W>(db: &'a DatabaseConnection, work: W) -> BoxFuture<'a, Result<T, E>>
where
    T: Send + 'a,
    E: From<DbErr> + Send + 'a,
    W: for<'t> Work<'t, T, E> + 'a,
{
    Box::pin(async move { within(TRANSACTION, async { once(begin_snapshot(db).await?, &work).await }).await })
}

async fn once<T, E, W>(tx: DatabaseTransaction, work: &W) -> Result<T, E>
where
    E: From<DbErr>,
    W: for<'t> Work<'t, T, E>,
{
    let value = work.run(&tx).await?;
    tx.commit().await?;
    Ok(value)
}
