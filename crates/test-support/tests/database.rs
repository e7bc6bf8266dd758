//! A database per test, copied from one template.

#![allow(clippy::unwrap_used)]

use std::sync::atomic::{AtomicUsize, Ordering};

use sea_orm::{ConnectionTrait, Database, DatabaseConnection};
use test_support::TestDatabase;

static MIGRATIONS: AtomicUsize = AtomicUsize::new(0);

async fn create() -> TestDatabase {
    TestDatabase::create(async |db: &DatabaseConnection| {
        MIGRATIONS.fetch_add(1, Ordering::SeqCst);
        db.execute_unprepared("CREATE TABLE things (name text)").await.unwrap();
        db.execute_unprepared("INSERT INTO things VALUES ('seeded')").await.unwrap();
    })
    .await
}

async fn things(database: &TestDatabase) -> i64 {
    database.number("SELECT count(*) FROM things").await
}

#[tokio::test]
async fn every_test_has_its_own_copy_of_one_template() {
    let databases = futures::future::join_all((0..8).map(|_| create())).await;
    for database in &databases {
        database.connection().execute_unprepared("INSERT INTO things VALUES ('mine')").await.unwrap();
    }
    for database in &databases {
        assert_eq!(things(database).await, 2);
    }
    // None if an earlier run of this very binary left its template.
    assert!(MIGRATIONS.load(Ordering::SeqCst) <= 1);
}

#[tokio::test]
async fn a_dropped_database_is_gone_though_it_was_in_use() {
    let database = create().await;
    let url = database.url().to_owned();
    let user = Database::connect(&url).await.unwrap();
    drop(database);
    assert!(user.ping().await.is_err());
    let again = Database::connect(&url).await.expect_err("the database is gone");
    assert!(again.to_string().contains("does not exist"), "{again}");
}

#[tokio::test]
async fn an_empty_one_has_no_tables() {
    let database = TestDatabase::empty().await;
    let tables = "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'";
    assert_eq!(database.number(tables).await, 0);
}

#[tokio::test]
async fn sqlite_lives_in_a_file_of_its_own() {
    let migrate = async |db: &DatabaseConnection| {
        db.execute_unprepared("CREATE TABLE things (name text)").await.unwrap();
    };
    let one = TestDatabase::sqlite(migrate).await;
    let two = TestDatabase::sqlite(migrate).await;
    one.connection().execute_unprepared("INSERT INTO things VALUES ('mine')").await.unwrap();
    assert_eq!((things(&one).await, things(&two).await), (1, 0));
}
