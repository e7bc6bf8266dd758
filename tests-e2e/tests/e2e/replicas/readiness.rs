//! What `/livez` and `/readyz` of the real binaries say when something is not there.

use std::net::TcpListener;

use serde_json::{Value, json};
use test_support::{Service, TestDatabase, brokers, eventually, http_client};
use tests_e2e::world::{SOON, World, cards};

use super::twins::completion;

#[tokio::test]
async fn without_brokers_a_service_is_ready_and_webhooks_are_taken() {
    let mut world = World::start().await;
    let guest = world.guest();
    let checkout = guest.checkout(&[("mug", 1)]).await;
    world.sandbox.drop_webhooks().await;
    world.sandbox.pay(&checkout.session, cards::PAYS).await;
    let event = completion(&world.sandbox, &checkout.session).await;

    // Takes connections and answers nothing.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    change(&mut world.payments, &silent.local_addr().unwrap().to_string(), "false").await;
    world.webhook.accept(&event).await;
    assert_eq!(ask(&world.payments, "/readyz").await.0, 200);
    let outbox = "SELECT count(*) FROM outbox WHERE topic = 'payment.successful'";
    assert_eq!(world.databases.payments.number(outbox).await, 1, "it waits for the brokers");

    change(&mut world.payments, &brokers(), "true").await;
    guest.sees(&checkout, "paid", "succeeded").await;
    world.ending().await.paid_once(&checkout.order, vec![format!("order_confirmed {}", checkout.order)]);
}

/// Other brokers: the service ends in order, starts again and is ready.
async fn change(service: &mut Service, brokers: &str, create_topics: &str) {
    service.configure("KAFKA_BROKERS", brokers);
    service.configure("CREATE_TOPICS_ON_START", create_topics);
    assert!(service.terminate().await.success(), "{}", service.log());
    service.restart().await;
}

#[tokio::test]
async fn without_its_database_a_service_lives_and_is_not_ready() {
    let world = World::start().await;
    for (service, database) in pairs(&world) {
        database.unplug().await;
        says(service, 503, "not ready", &json!({ "database": "failed", "migrations": "failed" })).await;
        assert_eq!(ask(service, "/livez").await.0, 200, "a restart would not help {}", service.name());
        database.plug().await;
        says(service, 200, "ready", &json!({ "database": "ok", "migrations": "ok" })).await;
    }
    let guest = world.guest();
    let checkout = guest.checkout(&[("mug", 1)]).await;
    world.sandbox.pay(&checkout.session, cards::PAYS).await;
    guest.sees(&checkout, "paid", "succeeded").await;
    world.ending().await.paid_once(&checkout.order, vec![format!("order_confirmed {}", checkout.order)]);
}

#[tokio::test]
async fn on_an_older_schema_a_service_is_not_ready_and_on_a_newer_one_it_is() {
    let world = World::start().await;
    let newest = "(SELECT max(version) FROM seaql_migrations)";
    for (service, database) in pairs(&world) {
        let version = database.texts(&format!("SELECT {newest}")).await.remove(0);
        // As a newer program leaves it.
        database.run("INSERT INTO seaql_migrations VALUES ('m99991231_000001_of_tomorrow', 0)").await;
        says(service, 200, "ready", &json!({ "database": "ok", "migrations": "ok" })).await;
        let missing = format!("UPDATE seaql_migrations SET version = 'kept' WHERE version = '{version}'");
        database.run(&missing).await;
        says(service, 503, "not ready", &json!({ "database": "ok", "migrations": "failed" })).await;
        assert_eq!(ask(service, "/livez").await.0, 200);
        database
            .run(&format!("UPDATE seaql_migrations SET version = '{version}' WHERE version = 'kept'"))
            .await;
        says(service, 200, "ready", &json!({ "database": "ok", "migrations": "ok" })).await;
    }
    world.ending().await;
}

fn pairs(world: &World) -> [(&Service, &TestDatabase); 3] {
    let services = [&world.orders, &world.payments, &world.notifications];
    let databases = [&world.databases.orders, &world.databases.payments, &world.databases.notifications];
    std::array::from_fn(|place| (services[place], databases[place]))
}

async fn says(service: &Service, status: u16, words: &str, checks: &Value) {
    let wanted = (status, json!({ "status": words, "checks": checks }));
    eventually(SOON, format!("{} says {wanted:?}", service.name()), async || {
        let answer = ask(service, "/readyz").await;
        if answer == wanted { Ok(()) } else { Err(answer) }
    })
    .await;
}

async fn ask(service: &Service, path: &str) -> (u16, Value) {
    let answer = http_client().get(service.url(path)).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}
