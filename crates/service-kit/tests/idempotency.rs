//! Idempotency records on PostgreSQL and SQLite.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

use std::sync::Arc;

use kernel::ManualClock;
use messaging::database::begin;
use sea_orm::DatabaseConnection;
use sea_orm_migration::{MigrationTrait, MigratorTrait, SchemaManager, async_trait};
use service_kit::idempotency::{Begin, Claim, migration, purge, request_hash};
use service_kit::problem::ProblemCode;
use test_support::TestDatabase;
use time::Duration;
use time::macros::datetime;

struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![migration()]
    }
}

async fn migrate(db: &DatabaseConnection) {
    messaging::database::migrate::<Migrator>(db).await.unwrap();
}

async fn postgres() -> TestDatabase {
    TestDatabase::create(migrate).await
}

fn clock() -> ManualClock {
    ManualClock::at(datetime!(2026-01-02 03:04:05 UTC))
}

fn claim(scope: &str, body: &str) -> Claim {
    let hash = request_hash("POST", "/api/orders/checkout", body.as_bytes());
    Claim::new(scope.to_owned(), "key-1".to_owned(), hash)
}

/// Begins in a transaction of its own.
async fn begun(db: &DatabaseConnection, claim: &Claim, clock: &ManualClock) -> Begin {
    let tx = begin(db).await.unwrap();
    let begin = claim.begin(&tx, clock).await.unwrap();
    tx.commit().await.unwrap();
    begin
}

async fn whole_life(database: TestDatabase) {
    let (db, clock) = (database.connection(), clock());
    let first = claim("user:1", r#"{"a":1}"#);

    let tx = begin(db).await.unwrap();
    assert_eq!(first.begin(&tx, &clock).await.unwrap(), Begin::Fresh);
    first.attach(&tx, "order-1").await.unwrap();
    tx.commit().await.unwrap();
    // It does not know whether that was committed.
    assert_eq!(begun(db, &first, &clock).await, Begin::Resume("order-1".to_owned()));
    // Others wait while the lease lives.
    let [second, third] = [(); 2].map(|()| claim("user:1", r#"{"a":1}"#));
    assert_eq!(begun(db, &second, &clock).await, Begin::InFlight);
    clock.advance(Duration::seconds(59));
    assert_eq!(begun(db, &second, &clock).await, Begin::InFlight);
    // The first caller is slow or dead: the next one goes on with its order, with a lease of its own.
    clock.advance(Duration::seconds(2));
    assert_eq!(begun(db, &second, &clock).await, Begin::Resume("order-1".to_owned()));
    assert_eq!(begun(db, &third, &clock).await, Begin::InFlight);
    // It was slow, and fails now: what it gives back is not its any more.
    first.release(db, &clock).await.unwrap();
    assert_eq!(begun(db, &third, &clock).await, Begin::InFlight);
    // Failed at Stripe: the customer need not wait.
    second.release(db, &clock).await.unwrap();
    assert_eq!(begun(db, &third, &clock).await, Begin::Resume("order-1".to_owned()));
    third.finish(db, &clock).await.unwrap();
    assert_eq!(begun(db, &second, &clock).await, Begin::Replay("order-1".to_owned()));
    // Giving back what is done changes nothing.
    third.release(db, &clock).await.unwrap();
    assert_eq!(begun(db, &second, &clock).await, Begin::Replay("order-1".to_owned()));

    assert_eq!(begun(db, &claim("user:1", r#"{"a":2}"#), &clock).await, Begin::Mismatch);
    assert_eq!(begun(db, &claim("user:2", r#"{"a":2}"#), &clock).await, Begin::Fresh);
}

#[tokio::test]
async fn the_life_of_a_key_on_postgresql() {
    whole_life(postgres().await).await;
}

#[tokio::test]
async fn the_life_of_a_key_on_sqlite() {
    whole_life(TestDatabase::sqlite(migrate).await).await;
}

#[tokio::test]
async fn a_rolled_back_call_leaves_nothing() {
    let database = postgres().await;
    let (db, clock) = (database.connection(), clock());
    let claim = claim("user:1", "{}");
    let tx = begin(db).await.unwrap();
    assert_eq!(claim.begin(&tx, &clock).await.unwrap(), Begin::Fresh);
    tx.rollback().await.unwrap();
    assert_eq!(begun(db, &claim, &clock).await, Begin::Fresh);
}

#[tokio::test]
async fn a_released_key_without_a_resource_is_free() {
    let database = postgres().await;
    let (db, clock) = (database.connection(), clock());
    let first = claim("user:1", "{}");
    begun(db, &first, &clock).await;
    first.release(db, &clock).await.unwrap();
    assert_eq!(begun(db, &claim("user:1", r#"{"other":1}"#), &clock).await, Begin::Fresh);
}

/// Both begin before either commits: one is first, the other waits for its end and is told that it runs.
#[tokio::test]
async fn of_two_at_once_one_is_fresh_and_the_other_in_flight() {
    let database = postgres().await;
    let clock = Arc::new(clock());
    for round in 0..20 {
        let scope = format!("user:{round}");
        let barrier = Arc::new(tokio::sync::Barrier::new(2));
        let call = || {
            let (db, clock, claim, barrier) =
                (database.connection().clone(), clock.clone(), claim(&scope, "{}"), barrier.clone());
            tokio::spawn(async move {
                let tx = begin(&db).await.unwrap();
                barrier.wait().await;
                let begun = claim.begin(&tx, &*clock).await.unwrap();
                if begun == Begin::Fresh {
                    claim.attach(&tx, "order-1").await.unwrap();
                }
                tx.commit().await.unwrap();
                begun
            })
        };
        let (one, two) = (call(), call());
        let outcomes = [one.await.unwrap(), two.await.unwrap()];
        assert!(outcomes.contains(&Begin::Fresh) && outcomes.contains(&Begin::InFlight), "{outcomes:?}");
    }
    assert_eq!(database.number("SELECT count(*) FROM idempotency_keys").await, 20);
}

async fn purges(database: TestDatabase) {
    let (db, clock) = (database.connection(), clock());
    let old = claim("user:1", "{}");
    begun(db, &old, &clock).await;
    old.finish(db, &clock).await.unwrap();
    clock.advance(Duration::hours(23));
    begun(db, &claim("user:2", "{}"), &clock).await;
    assert_eq!(purge(db, &clock).await.unwrap(), 0);
    clock.advance(Duration::hours(2));
    assert_eq!(purge(db, &clock).await.unwrap(), 1);
    assert_eq!(database.number("SELECT count(*) FROM idempotency_keys WHERE scope = 'user:2'").await, 1);
    assert_eq!(begun(db, &old, &clock).await, Begin::Fresh);
}

#[tokio::test]
async fn keys_are_forgotten_after_a_day_on_postgresql() {
    purges(postgres().await).await;
}

#[tokio::test]
async fn keys_are_forgotten_after_a_day_on_sqlite() {
    purges(TestDatabase::sqlite(migrate).await).await;
}

#[tokio::test]
async fn the_migration_can_be_taken_back() {
    let database = postgres().await;
    let manager = SchemaManager::new(database.connection());
    assert!(manager.has_table("idempotency_keys").await.unwrap());
    migration().down(&manager).await.unwrap();
    assert!(!manager.has_table("idempotency_keys").await.unwrap());
}

#[test]
fn what_a_call_may_do_maps_to_problems() {
    assert_eq!(Begin::Fresh.resource().unwrap(), None);
    assert_eq!(Begin::Resume("o".into()).resource().unwrap(), Some(("o".into(), false)));
    assert_eq!(Begin::Replay("o".into()).resource().unwrap(), Some(("o".into(), true)));
    assert_eq!(Begin::InFlight.resource().unwrap_err().code(), ProblemCode::IdempotencyInFlight);
    assert_eq!(Begin::Mismatch.resource().unwrap_err().code(), ProblemCode::IdempotencyMismatch);
}
