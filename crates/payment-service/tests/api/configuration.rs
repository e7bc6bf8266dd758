//! What start-up refuses, all of it at once.

use kernel::SystemClock;
use payment_service::{Config, startup};
use service_kit::env::Env;
use std::sync::Arc;
use test_support::TestDatabase;

use crate::world::World;

#[tokio::test]
async fn every_mistake_is_told_at_once_and_no_secret() {
    let env = Env::from_pairs([
        ("DATABASE_URL", "mysql://x"),
        ("STRIPE_SECRET_KEY", "pk_test_wrong_way_round"),
        ("STRIPE_PUBLISHABLE_KEY", "sk_test_wrong_way_round"),
        ("STRIPE_WEBHOOK_SECRET", "whsec_good_enough,not-a-secret"),
        ("STRIPE_API_BASE", "ftp://stripe"),
        ("STRIPE_TIMEOUT", "soon"),
        ("DEFAULT_CURRENCY", "beads"),
        ("DEFAULT_SUCCESS_URL", "https://evil.example"),
        ("PAYMENT_METHOD_TYPES", "card,beads"),
        ("AD_HOC_PRICES", "maybe"),
        ("PORT", "99999"),
        ("CSRF_KEY", "short"),
    ]);
    let told = Config::from_env(&env).unwrap_err().to_string();
    for name in [
        "DATABASE_URL",
        "STRIPE_SECRET_KEY",
        "STRIPE_PUBLISHABLE_KEY",
        "STRIPE_WEBHOOK_SECRET",
        "STRIPE_API_BASE",
        "STRIPE_TIMEOUT",
        "DEFAULT_CURRENCY",
        "DEFAULT_SUCCESS_URL",
        "PAYMENT_METHOD_TYPES",
        "AD_HOC_PRICES",
        "PORT",
        "CSRF_KEY",
        "JWT_SECRET",
        "SERVICE_TOKEN",
    ] {
        assert!(told.contains(name), "{name} is not in: {told}");
    }
    for secret in ["wrong_way_round", "not-a-secret", "good_enough", "short"] {
        assert!(!told.contains(secret), "{told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_schema_is_refused() {
    let world = World::new().await;
    let empty = TestDatabase::empty().await;
    let config = Config::from_env(&world.env.clone().with("DATABASE_URL", empty.url())).unwrap();
    let refused = startup::build(config, Arc::new(SystemClock)).await.err().unwrap();
    assert!(format!("{refused:#}").contains("m20261121_000002_payments"), "{refused:#}");
    world.assert_settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_embedded_database_serves_the_main_flow() {
    let database = TestDatabase::sqlite(crate::world::migrate).await;
    let world = World::configured(&[("DATABASE_URL", database.url())]).await;
    let session = world.checkout(&crate::world::cart()).await.ok();
    let (order, id) = (session["orderId"].as_str().unwrap(), session["id"].as_str().unwrap());
    world.pay(id, crate::world::PAYS).await;
    let event = world.events("checkout.session.completed").await.remove(0);
    let answers = world.storm(&event, 20).await;
    assert!(answers.iter().all(|answer| answer.status == 200));
    let purchase = world.purchase(order).await;
    assert_eq!(purchase["payments"][0]["snapshot"]["status"], "succeeded");
    assert_eq!(purchase["payments"][0]["snapshot"]["sequence"], 2);
    let other = world.new_order();
    world.ensure(&other, 1).await.ok();
    assert_eq!(world.close(&other, 1).await.ok()["outcome"], "closed");
    world.assert_settled().await;
}
