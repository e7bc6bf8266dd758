//! A database per test.

use std::path::Path;
use std::time::Duration;

use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, Statement, TryGetable};

use crate::servers::is_shared;
use crate::{blocking, database_url, template, unique};

/// A database of this test's own, gone when the value is dropped.
#[derive(Debug)]
pub struct TestDatabase {
    url: String,
    connection: DatabaseConnection,
    place: Place,
}

#[derive(Debug)]
enum Place {
    Server {
        name: String,
    },
    /// Gone with the server.
    Private,
    File(#[expect(dead_code, reason = "held for its Drop")] tempfile::TempDir),
}

impl TestDatabase {
    /// On the PostgreSQL server, with `migrate` applied.
    ///
    /// `migrate` runs once per test binary and place it is written at; every further database is a copy of that
    /// template. Call it from one helper function, so that all tests share the template.
    pub async fn create<M: AsyncFn(&DatabaseConnection)>(migrate: M) -> Self {
        let template = template::ensure(&migrate).await;
        Self::on_server(Some(&template)).await
    }

    /// On the PostgreSQL server, empty: for binaries that migrate by themselves.
    pub async fn empty() -> Self {
        Self::on_server(None).await
    }

    /// On the server at `url`, empty. On a [`PrivatePostgres`](crate::PrivatePostgres) it goes with the server.
    pub async fn empty_at(url: &str) -> Self {
        if is_shared("TEST_DATABASE_URL", url) {
            return Self::empty().await;
        }
        let (url, connection, _) = make(url, "template0").await;
        Self { url, connection, place: Place::Private }
    }

    /// The same with `migrate` applied.
    pub async fn create_at<M: AsyncFn(&DatabaseConnection)>(url: &str, migrate: M) -> Self {
        let database = Self::empty_at(url).await;
        migrate(&database.connection).await;
        database
    }

    /// An SQLite file, with `migrate` applied. One connection, as in the demo.
    pub async fn sqlite<M: AsyncFn(&DatabaseConnection)>(migrate: M) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let url = sqlite_url(folder.path());
        let connection = connect(&url, 1).await;
        migrate(&connection).await;
        Self { url, connection, place: Place::File(folder) }
    }

    async fn on_server(template: Option<&str>) -> Self {
        let (url, connection, name) = make(&database_url(), template.unwrap_or("template0")).await;
        Self { url, connection, place: Place::Server { name } }
    }

    /// The URL a service is configured with.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Its name on the server.
    ///
    /// # Panics
    /// When it is a file, or on a server of the test's own.
    pub(crate) fn server_name(&self) -> &str {
        match &self.place {
            Place::Server { name } => name,
            Place::Private | Place::File(_) => panic!("it is on no server that is shared"),
        }
    }

    /// A small pool for the test's own questions.
    #[must_use]
    pub const fn connection(&self) -> &DatabaseConnection {
        &self.connection
    }

    /// The whole number a query answers in its first column, such as a `SELECT count(*)`.
    ///
    /// # Panics
    /// When the query fails, has no row, or its first column is no `bigint`.
    pub async fn number(&self, sql: &str) -> i64 {
        self.column(sql).await.into_iter().next().unwrap_or_else(|| panic!("`{sql}`: no row"))
    }

    /// The texts a query answers in its first column.
    ///
    /// # Panics
    /// When the query fails or its first column is no text.
    pub async fn texts(&self, sql: &str) -> Vec<String> {
        self.column(sql).await
    }

    /// Runs a statement.
    ///
    /// # Panics
    /// When it fails.
    pub async fn execute(&self, sql: &str) {
        execute(&self.connection, sql).await;
    }

    async fn column<T: TryGetable>(&self, sql: &str) -> Vec<T> {
        let statement = Statement::from_string(self.connection.get_database_backend(), sql);
        let rows = self.connection.query_all_raw(statement).await;
        rows.and_then(|rows| rows.iter().map(|row| row.try_get_by_index(0)).collect())
            .unwrap_or_else(|error| panic!("`{sql}`: {error}"))
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let Place::Server { name } = &self.place else {
            return;
        };
        blocking::run("dropping the test's database", || async move {
            let server = connect(&database_url(), 1).await;
            execute(&server, &format!(r#"DROP DATABASE IF EXISTS "{name}" WITH (FORCE)"#)).await;
        });
    }
}

/// Makes a database on the server at `url`; its URL, a pool for it and its name.
async fn make(url: &str, template: &str) -> (String, DatabaseConnection, String) {
    let name = unique("test_");
    let server = connect(url, 1).await;
    execute(&server, &format!(r#"CREATE DATABASE "{name}" TEMPLATE "{template}""#)).await;
    server.close().await.expect("closes");
    let url = url_of(url, &name);
    let connection = connect(&url, 5).await;
    (url, connection, name)
}

/// The URL of another database on the server at `url`.
pub(crate) fn url_of(url: &str, name: &str) -> String {
    let mut url = reqwest::Url::parse(url).expect("the server's address is a URL");
    url.set_path(name);
    url.into()
}

fn sqlite_url(folder: &Path) -> String {
    format!("sqlite://{}?mode=rwc", folder.join("test.db").display())
}

pub(crate) async fn connect(url: &str, connections: u32) -> DatabaseConnection {
    let mut options = ConnectOptions::new(url);
    options.max_connections(connections).acquire_timeout(Duration::from_secs(30)).sqlx_logging(false);
    Database::connect(options)
        .await
        .unwrap_or_else(|error| panic!("cannot connect to the test's database: {error}"))
}

pub(crate) async fn execute(connection: &DatabaseConnection, sql: &str) {
    connection.execute_unprepared(sql).await.unwrap_or_else(|error| panic!("`{sql}`: {error}"));
}
