//! A service is ready when its database answers and its schema is not older than the program.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

use actix_web::App;
use actix_web::test::{TestRequest, call_service, init_service, read_body_json};
use sea_orm::DatabaseConnection;
use sea_orm_migration::{MigrationTrait, MigratorTrait, async_trait};
use serde_json::{Value, json};
use service_kit::health::{self, Readiness};
use service_kit::idempotency;
use test_support::TestDatabase;
use tokio_util::sync::CancellationToken;

struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![idempotency::migration()]
    }
}

async fn migrate(db: &DatabaseConnection) {
    messaging::database::migrate::<Migrator>(db).await.unwrap();
}

async fn ask(readiness: Readiness) -> (u16, Value) {
    let app = init_service(App::new().configure(|app| health::configure(app, readiness.clone()))).await;
    let answer = call_service(&app, TestRequest::get().uri("/readyz").to_request()).await;
    (answer.status().as_u16(), read_body_json(answer).await)
}

fn readiness(database: &TestDatabase) -> Readiness {
    let db = database.connection().clone();
    Readiness::new().database(db.clone()).migrations::<Migrator>(db)
}

#[actix_web::test]
async fn a_migrated_database_is_ready() {
    let ready = json!({ "status": "ready", "checks": { "database": "ok", "migrations": "ok" } });
    for database in [TestDatabase::create(migrate).await, TestDatabase::sqlite(migrate).await] {
        assert_eq!(ask(readiness(&database)).await, (200, ready.clone()));
    }
}

#[actix_web::test]
async fn an_older_schema_is_not_ready() {
    let database = TestDatabase::empty().await;
    let expected = json!({ "status": "not ready", "checks": { "database": "ok", "migrations": "failed" } });
    assert_eq!(ask(readiness(&database)).await, (503, expected));
}

#[actix_web::test]
async fn a_database_that_is_away_is_not_ready() {
    let database = TestDatabase::empty().await;
    let readiness = readiness(&database);
    database.connection().clone().close().await.unwrap();
    let expected =
        json!({ "status": "not ready", "checks": { "database": "failed", "migrations": "failed" } });
    assert_eq!(ask(readiness).await, (503, expected));
}

#[actix_web::test]
async fn a_check_that_hangs_is_cut_off() {
    let hanging = Readiness::new().check("sky", std::future::pending);
    assert_eq!(ask(hanging).await, (503, json!({ "status": "not ready", "checks": { "sky": "failed" } })));
}

#[actix_web::test]
async fn a_service_that_ends_is_not_ready() {
    let shutdown = CancellationToken::new();
    let readiness = Readiness::new().until(shutdown.clone());
    assert_eq!(ask(readiness.clone()).await.0, 200);
    shutdown.cancel();
    assert_eq!(ask(readiness).await, (503, json!({ "status": "shutting down" })));
}
