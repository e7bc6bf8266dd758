//! Telling those who wait.

use std::time::Duration;

use messaging::Wakeup;
use sea_orm::{ConnectionTrait, Statement};
use test_support::{TestDatabase, database_url};
use tokio::time::timeout;

use crate::world::{SOON, connect, migrate};

#[tokio::test(flavor = "multi_thread")]
async fn another_process_is_woken_on_the_channel_it_waits_on() {
    let db = TestDatabase::create(migrate).await;
    let connection = connect(db.url()).await;
    let (here, there) = (Wakeup::new(&connection, db.url()), Wakeup::new(&connection, db.url()));
    let mut orders = there.subscribe("orders");
    // The first one comes when the other process has begun to listen.
    timeout(SOON, orders.woken()).await.unwrap();
    here.notify_on("orders");
    timeout(SOON, orders.woken()).await.unwrap();
    let mut outbox = there.subscribe(Wakeup::OUTBOX);
    here.notify_on("orders");
    timeout(SOON, orders.woken()).await.unwrap();
    assert!(timeout(Duration::from_millis(50), outbox.woken()).await.is_err(), "another channel");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_connection_is_made_again() {
    let db = TestDatabase::create(migrate).await;
    let connection = connect(db.url()).await;
    let wakeup = Wakeup::new(&connection, db.url());
    let mut woken = wakeup.subscribe("orders");
    timeout(SOON, woken.woken()).await.unwrap();
    let server = connect(&database_url()).await;
    let kill = Statement::from_sql_and_values(
        server.get_database_backend(),
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
         WHERE datname = $1 AND query LIKE 'LISTEN%'",
        [db.url().rsplit('/').next().unwrap().into()],
    );
    let row = server.query_one_raw(kill).await.unwrap().unwrap();
    assert_eq!(row.try_get_by_index::<i64>(0).unwrap(), 1);
    // Whoever waits looks once, in case something was missed; then notifications arrive again.
    timeout(SOON, woken.woken()).await.unwrap();
    let other = Wakeup::new(&connection, db.url());
    other.notify_on("orders");
    timeout(SOON, woken.woken()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn on_sqlite_the_users_of_a_file_wake_each_other() {
    let db = TestDatabase::sqlite(migrate).await;
    let (here, there) = (Wakeup::new(db.connection(), db.url()), Wakeup::new(db.connection(), db.url()));
    let mut woken = there.subscribe(Wakeup::OUTBOX);
    here.notify();
    here.notify();
    timeout(SOON, woken.woken()).await.unwrap();
    assert!(timeout(Duration::from_millis(50), woken.woken()).await.is_err(), "two at once are one");
    Wakeup::new(db.connection(), "sqlite://elsewhere").notify();
    assert!(timeout(Duration::from_millis(50), woken.woken()).await.is_err());
}
