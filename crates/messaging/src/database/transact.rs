//! A whole transaction that is run again when it lost against another one.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};
use sea_orm::{DatabaseConnection, DatabaseTransaction, DbErr};

use super::{DatabaseCause, begin, is_conflict};

/// Runs `work` in a transaction and commits. After a deadlock or serialization failure everything is rolled
/// back and run again, up to five times in all: `work` must do nothing but talk to the database.
///
/// # Errors
/// Those of `work`, which roll back, and the database's own.
pub async fn transact<T, E>(
    db: &DatabaseConnection,
    work: impl AsyncFn(&DatabaseTransaction) -> Result<T, E>,
) -> Result<T, E>
where
    E: From<DbErr> + DatabaseCause,
{
    let mut pauses = ExponentialBuilder::new()
        .with_min_delay(Duration::from_millis(10))
        .with_max_times(4)
        .with_jitter()
        .build();
    loop {
        let error = match once(db, &work).await {
            Ok(value) => return Ok(value),
            Err(error) => error,
        };
        let pause = pauses.next().filter(|_| error.database_cause().is_some_and(is_conflict));
        let Some(pause) = pause else {
            return Err(error);
        };
        tracing::debug!("a transaction lost against another one and is run again");
        tokio::time::sleep(pause).await;
    }
}

async fn once<T, E: From<DbErr>>(
    db: &DatabaseConnection,
    work: &impl AsyncFn(&DatabaseTransaction) -> Result<T, E>,
) -> Result<T, E> {
    let tx = begin(db).await?;
    let value = work(&tx).await?;
    tx.commit().await?;
    Ok(value)
}
