//! Rows held by the test, so that whoever wants them waits at a known place, and shutting a database off.

use sea_orm::{ConnectionTrait, DatabaseTransaction, TransactionTrait};

use crate::TestDatabase;
use crate::database::{connect, execute};
use crate::servers::database_url;

/// A transaction of the test's own; dropped, it is rolled back.
#[derive(Debug)]
pub struct Hold(DatabaseTransaction);

impl Hold {
    /// Lets go of everything.
    ///
    /// # Panics
    /// When the database does not take it.
    pub async fn release(self) {
        self.0.rollback().await.expect("a transaction can be rolled back");
    }
}

impl TestDatabase {
    /// Runs `sql` (a `SELECT … FOR UPDATE`) in a transaction that stays open.
    ///
    /// # Panics
    /// When the query fails.
    pub async fn hold(&self, sql: &str) -> Hold {
        let tx = self.connection().begin().await.expect("a transaction can be begun");
        tx.execute_unprepared(sql).await.unwrap_or_else(|error| panic!("`{sql}`: {error}"));
        Hold(tx)
    }

    /// How many sessions of this database wait for a lock.
    pub async fn waiting(&self) -> i64 {
        let sql = "SELECT count(*) FROM pg_stat_activity \
                   WHERE datname = current_database() AND wait_event_type = 'Lock'";
        self.number(sql).await
    }

    /// Runs a statement.
    ///
    /// # Panics
    /// When it fails.
    pub async fn run(&self, sql: &str) {
        execute(self.connection(), sql).await;
    }

    /// Cuts all connections to this database and takes no new ones, as if it were gone.
    pub async fn unplug(&self) {
        self.allow_connections(false).await;
        let server = connect(&database_url(), 1).await;
        let cut = format!(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{}'",
            self.server_name()
        );
        execute(&server, &cut).await;
    }

    /// Takes connections again.
    pub async fn plug(&self) {
        self.allow_connections(true).await;
    }

    async fn allow_connections(&self, allowed: bool) {
        let server = connect(&database_url(), 1).await;
        let sql = format!(r#"ALTER DATABASE "{}" ALLOW_CONNECTIONS {allowed}"#, self.server_name());
        execute(&server, &sql).await;
    }
}
