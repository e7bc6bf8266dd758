//! The customer comes back before the webhook.

use futures::future::join_all;
use serde_json::json;

use crate::world::{DECLINED, PAYS, World, cart};

#[tokio::test(flavor = "multi_thread")]
async fn with_every_webhook_dropped_a_refresh_finds_the_money() {
    let world = World::new().await;
    let order = world.new_order();
    let purchase = world.ensure(&order, 1).await.ok();
    let session = purchase["payments"][0]["snapshot"]["sessionId"].as_str().unwrap();
    world.pay(session, PAYS).await;
    let refreshed = world.refresh(&order).await.ok();
    let payment = &refreshed["payments"][0];
    assert_eq!(payment["snapshot"]["status"], "succeeded");
    let published = world.published().await;
    assert_eq!(published[1].0, "payment.successful");
    assert_eq!(payment["eventId"], published[1].1["eventId"]);
    assert_eq!(published[1].1["data"]["paymentMethod"], "card");
    assert!(published[1].1["data"]["receiptUrl"].is_string());

    // The webhooks come in the end, and change nothing.
    for event in world.events("").await {
        world.deliver(&event).await.ok();
    }
    assert_eq!(world.topics().await, ["payment.created", "payment.successful"]);
    world.assert_settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_who_ask_at_once_cause_one_read_and_settled_payments_none() {
    let mut world = World::configured(&[("SESSION_CACHE_TTL", "1s")]).await;
    let order = world.new_order();
    let purchase = world.ensure(&order, 1).await.ok();
    let session = purchase["payments"][0]["snapshot"]["sessionId"].as_str().unwrap().to_owned();
    world.pay(&session, PAYS).await;
    let path = format!("/v1/checkout/sessions/{session}");
    join_all((0..20).map(|_| world.refresh(&order))).await.into_iter().for_each(|answer| drop(answer.ok()));
    assert_eq!(world.calls("GET", &path).await, 1);
    world.restart().await;
    assert_eq!(world.refresh(&order).await.ok()["payments"][0]["snapshot"]["status"], "succeeded");
    assert_eq!(world.calls("GET", &path).await, 1, "the state is the database's");
    world.assert_settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decline_is_seen_once_by_refresh_and_webhook() {
    let world = World::new().await;
    let session = world.checkout(&cart()).await.ok();
    let (order, id) = (session["orderId"].as_str().unwrap(), session["id"].as_str().unwrap());
    world.pay(id, DECLINED).await;
    let snapshot = world.refresh(order).await.ok()["payments"][0]["snapshot"].clone();
    assert_eq!((&snapshot["status"], &snapshot["declines"]), (&json!("open"), &json!(1)));
    assert_eq!(snapshot["lastError"]["code"], "card_declined");
    world.deliver_only("payment_intent.payment_failed").await;
    assert_eq!(world.topics().await, ["payment.created", "payment.failed"]);
    world.assert_settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stripe_away_is_503_and_retried_by_whoever_asks() {
    let world = World::configured(&[("STRIPE_TIMEOUT", "500ms")]).await;
    let order = world.new_order();
    world.ensure(&order, 1).await.ok();
    world
        .faults(
            json!({"errors": [{"method": "GET", "path": "*", "status": 502, "when": "before", "times": -1}]}),
        )
        .await;
    assert_eq!(world.refresh(&order).await.status, 503);
    world.no_faults().await;
    world.refresh(&order).await.ok();
    world.assert_settled().await;
}
