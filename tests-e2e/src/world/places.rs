//! Which servers a shop lives on.

use test_support::{TestDatabase, brokers, database_url};

/// The servers that all tests share, unless a test brings its own.
#[derive(Debug, Clone)]
pub struct Places {
    /// Where the databases are made.
    pub database_url: String,
    /// Where the topics are.
    pub brokers: String,
}

impl Default for Places {
    fn default() -> Self {
        Self { database_url: database_url(), brokers: brokers() }
    }
}

impl Places {
    pub(super) async fn database(&self) -> TestDatabase {
        TestDatabase::empty_at(&self.database_url).await
    }
}
