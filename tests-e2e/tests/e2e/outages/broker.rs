//! The broker is away.

use std::collections::{BTreeMap, BTreeSet};

use test_support::{PrivateKafka, eventually, read_to_end};
use tests_e2e::world::{Places, World, cards};

use super::RECOVERY;

const UPDATES: i64 = 8;
const PURCHASES: i32 = 4;

#[tokio::test]
async fn fault_20_while_the_broker_is_down_webhooks_are_200_and_everything_drains_in_order() {
    let mut kafka = PrivateKafka::start().await;
    let places = Places { brokers: kafka.brokers().to_owned(), ..Places::default() };
    let world = World::at(places, |_, service| service).await;
    kafka.stop().await;

    let mut checkouts = Vec::new();
    for _ in 0..PURCHASES {
        let guest = world.guest();
        let checkout = guest.checkout(&[("mug", 1)]).await;
        world.sandbox.pay(&checkout.session, cards::PAYS).await;
        let event =
            world.sandbox.events_of(&checkout.session, &["checkout.session.completed"]).await.remove(0);
        world.webhook.accept(&event).await;
        checkouts.push((guest, checkout));
    }
    for update in 0..UPDATES {
        world.set_product(&world.orders, "poster", 2999 + update, 100).await;
    }
    eventually(RECOVERY, "the backlog is shown", async || {
        let rows = world.metric(&world.payments, "outbox_rows", "payment-service").await;
        if rows >= 2.0 * f64::from(PURCHASES) { Ok(()) } else { Err(rows) }
    })
    .await;
    for (service, name) in [(&world.payments, "payment-service"), (&world.orders, "order-service")] {
        eventually(RECOVERY, format!("{name} tells of it"), async || {
            let failures = world.metric(service, "outbox_publish_failures_total", name).await;
            let age = world.metric(service, "outbox_oldest_age_seconds", name).await;
            let told = service.log().contains("events were not published and are sent again");
            if failures > 0.0 && age > 0.0 && told { Ok(()) } else { Err((failures, age, told)) }
        })
        .await;
    }
    let rows = world.databases.payments.number("SELECT count(*) FROM outbox").await;
    assert_eq!(rows, i64::from(2 * PURCHASES), "created and successful");

    kafka.restart().await;
    for (guest, checkout) in &checkouts {
        eventually(RECOVERY, "the order is paid", async || guest.order(checkout).await["status"] == "paid")
            .await;
    }
    let ending = world.ending().await;
    assert_eq!(ending.captures.len(), checkouts.len());
    assert_eq!(ending.mails.len(), checkouts.len());
    assert_eq!(ending.published["order.paid"], checkouts.len());

    let updates = sequences(&world, "product.updated").await.remove("poster").unwrap_or_default();
    assert_eq!(updates.len(), usize::try_from(UPDATES).unwrap(), "{updates:?}");
    assert!(updates.is_sorted_by(|one, next| one < next), "{updates:?}");
}

/// The sequences of a topic's events by key, in the order of their first copies.
async fn sequences(world: &World, topic: &str) -> BTreeMap<String, Vec<i64>> {
    let mut seen = BTreeSet::new();
    let mut sequences = BTreeMap::<String, Vec<i64>>::new();
    for message in read_to_end(&world.brokers, &[world.topic(topic)]).await {
        if seen.insert(message.headers["ce_id"].clone()) {
            let data = &message.json()["data"];
            let sequence = data["sequence"].as_i64().unwrap_or_else(|| panic!("no sequence: {data}"));
            sequences.entry(message.key.clone().unwrap()).or_default().push(sequence);
        }
    }
    sequences
}
