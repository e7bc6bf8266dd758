//! How long the database may take, counted by us. The server's own time-outs count while it works; a server that
//! stands still, or a network that swallows everything, ends nothing by itself.

use std::time::Duration;

use sea_orm::{DbErr, RuntimeErr};
use tokio::time::timeout;

/// For one statement. Longer than `statement_timeout`, so that the server's own word, which says more, comes first.
pub const ANSWER: Duration = Duration::from_secs(15);
/// For a transaction of a request, waiting for locks included.
pub const TRANSACTION: Duration = Duration::from_secs(25);

/// Gives `work` so long. What came too late may have been done all the same.
///
/// # Errors
/// Those of `work`, and an error of the surroundings when the time is over.
pub async fn within<T, E: From<DbErr>>(
    limit: Duration,
    work: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    match timeout(limit, work).await {
        Ok(done) => done,
        Err(_) => {
            let late = format!("the database did not answer within {limit:?}");
            Err(DbErr::Conn(RuntimeErr::Internal(late)).into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::is_infrastructure;

    #[tokio::test(start_paused = true)]
    async fn silence_is_an_error_of_the_surroundings() {
        let silent = within::<(), DbErr>(ANSWER, std::future::pending());
        assert!(is_infrastructure(&silent.await.unwrap_err()));
        assert_eq!(within(ANSWER, async { Ok::<_, DbErr>(1) }).await.unwrap(), 1);
    }
}
