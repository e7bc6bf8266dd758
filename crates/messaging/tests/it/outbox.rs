//! Appending.

use messaging::OutboxError;
use messaging::database::begin;
use test_support::eventually;

use crate::world::{PUBLISHER, SOON, World, happened};

#[tokio::test(flavor = "multi_thread")]
async fn what_is_rolled_back_is_not_published() {
    let world = World::new(1).await;
    let relay = world.relay();
    let tx = begin(&world.db).await.unwrap();
    world.writer.append(&tx, &happened("a", 1)).await.unwrap();
    tx.rollback().await.unwrap();
    world.publish(&[happened("a", 2)]).await;
    world.outbox_is_empty().await;
    let read = world.on_topic("order.paid").await;
    assert_eq!(read.len(), 1);
    assert_eq!(read[0].json()["data"]["n"], 2);
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_has_the_key_value_and_headers_of_the_contract() {
    let world = World::new(3).await;
    let relay = world.relay();
    let event = happened("order-1", 1);
    world.publish(std::slice::from_ref(&event)).await;
    let read = eventually(SOON, "the message", async || world.on_topic("order.paid").await.pop()).await;
    assert_eq!(read.key.as_deref(), Some("order-1"));
    assert_eq!(read.payload, event.to_json().unwrap());
    let value = read.json();
    let header = |name: &str| read.headers.get(name).map(String::as_str).unwrap_or_default();
    assert_eq!(header("ce_specversion"), "1.0");
    assert_eq!(header("ce_id"), value["eventId"]);
    assert_eq!(header("ce_type"), "order.paid");
    assert_eq!(header("ce_source"), PUBLISHER.as_str());
    assert_eq!(header("ce_time"), value["timestamp"]);
    assert_eq!(header("content-type"), "application/json");
    assert_eq!(header("traceparent").len(), 55);
    assert!(!read.headers.contains_key("tracestate"));
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_broker_takes_is_refused_at_once_by_name() {
    let world = World::new(1).await;
    let mut event = happened("a", 1);
    event.data.note = "x".repeat(1_000_000);
    let tx = begin(&world.db).await.unwrap();
    let refused = world.writer.append(&tx, &event).await;
    assert!(
        matches!(refused, Err(OutboxError::TooLarge { topic: "order.paid", size, max }) if size > max),
        "{refused:?}"
    );
    event.data.note = "x".repeat(990_000);
    world.writer.append(&tx, &event).await.unwrap();
    tx.commit().await.unwrap();
    let relay = world.relay();
    world.outbox_is_empty().await;
    relay.stop().await;
}
