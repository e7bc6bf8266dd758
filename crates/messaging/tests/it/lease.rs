//! One at a time.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use messaging::Lease;
use sea_orm::ConnectionTrait;
use test_support::TestDatabase;
use tokio_util::sync::CancellationToken;

use crate::world::{SOON, connect, migrate};

async fn one_holds_it(db: TestDatabase) {
    let connection = connect(db.url()).await;
    let lease = Lease::new(&connection, "worker");
    let held = lease.try_acquire().await.unwrap().expect("nobody holds it");
    assert_eq!(held.epoch(), 1);
    assert!(held.remaining() > Duration::from_secs(10));
    assert!(lease.try_acquire().await.unwrap().is_none());
    let other = Lease::new(&connection, "another");
    assert!(other.try_acquire().await.unwrap().is_some(), "it is another one");
    held.release().await;
    let again = lease.try_acquire().await.unwrap().expect("it was given back");
    assert_eq!(again.epoch(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn on_postgres_one_holds_it() {
    one_holds_it(TestDatabase::create(migrate).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_sqlite_one_holds_it() {
    one_holds_it(TestDatabase::sqlite(migrate).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_is_robbed_is_told() {
    let db = TestDatabase::create(migrate).await;
    let lease = Lease::new(db.connection(), "worker");
    let held = lease.try_acquire().await.unwrap().unwrap();
    let rob = "UPDATE leases SET epoch = epoch + 1";
    db.connection().execute_unprepared(rob).await.unwrap();
    tokio::time::timeout(SOON, held.lost().cancelled()).await.expect("the next renewal finds out");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_lead_one_works_at_a_time() {
    let db = TestDatabase::create(migrate).await;
    let busy = Arc::new(AtomicUsize::new(0));
    let terms = Arc::new(AtomicUsize::new(0));
    let stop = CancellationToken::new();
    let leaders = (0..4).map(|_| {
        let lease = Lease::new(db.connection(), "worker");
        let (busy, terms, stop) = (busy.clone(), terms.clone(), stop.clone());
        tokio::spawn(async move {
            while let Some(held) = lease.acquire(&stop).await {
                assert_eq!(busy.fetch_add(1, Ordering::SeqCst), 0);
                tokio::task::yield_now().await;
                busy.fetch_sub(1, Ordering::SeqCst);
                if terms.fetch_add(1, Ordering::SeqCst) == 5 {
                    stop.cancel();
                }
                held.release().await;
            }
        })
    });
    for leader in leaders.collect::<Vec<_>>() {
        tokio::time::timeout(SOON, leader).await.unwrap().unwrap();
    }
    assert!(terms.load(Ordering::SeqCst) > 5);
}
