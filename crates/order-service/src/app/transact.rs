//! A use case's transaction, run again when it lost against another one.

use std::marker::PhantomData;
use std::ops::Deref;
use std::time::Duration;

use futures::future::BoxFuture;
use messaging::database::{DatabaseCause, begin, is_conflict};
use sea_orm::DatabaseTransaction;

use crate::app::{App, Error};

/// How often a transaction is begun in all.
const TRIES: u32 = 5;
const FIRST_PAUSE: Duration = Duration::from_millis(10);

/// An open transaction. What the work borrows (`'a`) outlives it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tx<'t, 'a> {
    inner: &'t DatabaseTransaction,
    outlived: PhantomData<&'t &'a ()>,
}

impl Deref for Tx<'_, '_> {
    type Target = DatabaseTransaction;

    fn deref(&self) -> &DatabaseTransaction {
        self.inner
    }
}

/// Runs `work` in a transaction and commits. After a deadlock or a serialization failure it is rolled back and
/// run again: `work` must do nothing but talk to the database.
pub(crate) async fn transact<'a, T, F>(app: &'a App, work: F) -> Result<T, Error>
where
    T: Send,
    F: for<'t> Fn(Tx<'t, 'a>) -> BoxFuture<'t, Result<T, Error>> + Send + Sync,
{
    let mut pause = FIRST_PAUSE;
    for _ in 1..TRIES {
        match once(app, &work).await {
            Err(error) if error.database_cause().is_some_and(is_conflict) => {
                tracing::debug!("a transaction lost against another one and is run again");
                let [jitter] = kernel::random::bytes();
                tokio::time::sleep(pause + Duration::from_millis(u64::from(jitter % 10))).await;
                pause *= 2;
            }
            done => return done,
        }
    }
    once(app, &work).await
}

async fn once<'a, T, F>(app: &'a App, work: &F) -> Result<T, Error>
where
    F: for<'t> Fn(Tx<'t, 'a>) -> BoxFuture<'t, Result<T, Error>>,
{
    let tx = begin(&app.db).await?;
    let value = work(Tx {
        inner: &tx,
        outlived: PhantomData,
    })
    .await?;
    tx.commit().await?;
    Ok(value)
}
