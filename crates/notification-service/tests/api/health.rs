//! Probes, metrics, configuration.

use notification_service::{Config, startup};
use service_kit::env::Env;
use test_support::{TestDatabase, eventually, http_client};

use crate::app::{PATIENCE, World};
use crate::publish::{order, paid};

#[tokio::test]
async fn probes_and_metrics_answer() {
    let world = World::new().await;
    let app = world.start().await;
    let client = http_client();
    for path in ["/livez", "/readyz"] {
        let answer = client.get(format!("{}{path}", app.url)).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
    }
    world.publisher.publish(&paid(order("Cup"))).await;
    world.mails(1).await;
    world.in_state("sent", 1).await;
    let metrics = eventually(PATIENCE, "a metric", async || {
        let text = client.get(format!("{}/metrics", app.url)).send().await.unwrap().text().await.unwrap();
        if text.contains("notifications_sent_total{") { Ok(text) } else { Err(text) }
    })
    .await;
    assert!(metrics.contains(r#"kind="order_confirmed""#), "{metrics}");
    app.stop().await;
    world.assert_settled().await;
}

#[tokio::test]
async fn an_older_schema_is_refused() {
    let world = World::with_database(TestDatabase::empty().await).await;
    let config = Config::from_env(&world.env).unwrap();
    let error = startup::build(config, world.clock.clone()).await.err().expect("it does not start");
    assert!(format!("{error:#}").contains("migrat"), "{error:#}");
    let config = Config::from_env(&world.env.clone().with("MIGRATE_ON_START", "true")).unwrap();
    assert!(startup::build(config, world.clock.clone()).await.is_ok());
}

#[test]
fn every_mistake_of_the_configuration_is_told_at_once() {
    let error = Config::from_env(&Env::default()).unwrap_err().to_string();
    for name in ["DATABASE_URL", "SMTP_URL", "MAIL_FROM", "SHOP_URL"] {
        assert!(error.contains(name), "{name} in {error}");
    }
}
