//! A database as it was at one moment, to be put back later.

use sea_orm::DatabaseConnection;

use crate::database::{connect, execute};
use crate::{TestDatabase, blocking, database_url, unique};

/// A copy on the same server. Gone when dropped.
#[derive(Debug)]
pub struct Backup {
    name: String,
}

impl TestDatabase {
    /// Copies it as it is now. Whoever uses it has to be ended first: his connections are cut.
    ///
    /// # Panics
    /// When it is no database on the server, or the server refuses.
    pub async fn backup(&self) -> Backup {
        let copy = unique("backup_");
        replace(&server().await, self.server_name(), &copy).await;
        Backup { name: copy }
    }

    /// Puts a copy in its place, as it was when it was made.
    ///
    /// # Panics
    /// As [`backup`](Self::backup).
    pub async fn restore(&self, backup: &Backup) {
        let server = server().await;
        execute(&server, &format!(r#"DROP DATABASE "{}" WITH (FORCE)"#, self.server_name())).await;
        replace(&server, &backup.name, self.server_name()).await;
    }
}

async fn server() -> DatabaseConnection {
    connect(&database_url(), 1).await
}

/// Makes `copy` of `original`, which nobody may be connected to meanwhile.
async fn replace(server: &DatabaseConnection, original: &str, copy: &str) {
    let alone = |allowed| format!(r#"ALTER DATABASE "{original}" ALLOW_CONNECTIONS {allowed}"#);
    execute(server, &alone(false)).await;
    let cut =
        format!("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{original}'");
    execute(server, &cut).await;
    execute(server, &format!(r#"CREATE DATABASE "{copy}" TEMPLATE "{original}""#)).await;
    execute(server, &alone(true)).await;
}

impl Drop for Backup {
    fn drop(&mut self) {
        let name = self.name.clone();
        blocking::run("dropping the backup", || async move {
            let server = connect(&database_url(), 1).await;
            execute(&server, &format!(r#"DROP DATABASE IF EXISTS "{name}" WITH (FORCE)"#)).await;
        });
    }
}
