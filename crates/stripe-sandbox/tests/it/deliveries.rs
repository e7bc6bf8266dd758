//! Webhooks: signatures, retries, endpoints, and the ways deliveries are spoiled.

use std::collections::HashSet;
use std::time::Duration;

use serde_json::json;
use test_support::eventually;

use crate::support::{SOON, Shop, strings, verify};

const COMPLETED: &str = "checkout.session.completed";

#[tokio::test]
async fn events_are_delivered_signed() {
    let (shop, receiver) = Shop::with_receiver(|_| {}).await;
    let session = shop.session().await;
    shop.pay(&session, json!({ "card": "4242424242424242" })).await;
    let received = &receiver.wait_for(COMPLETED, 1).await[0];
    assert!(verify(received, "whsec_test"));
    assert!(!verify(received, "whsec_other"));
    let event = received.event();
    assert_eq!(event["data"]["object"]["id"], session);
    assert_eq!((&event["livemode"], &event["object"]), (&json!(false), &json!("event")));
    assert_eq!(event["pending_webhooks"], 1);
    let id = event["id"].as_str().unwrap();
    let kept = async || shop.get(&format!("/v1/events/{id}")).await.json["pending_webhooks"] == 0;
    eventually(SOON, "the delivery to be noted", kept).await;
}

#[tokio::test]
async fn events_name_the_call_that_caused_them() {
    let (shop, receiver) = Shop::with_receiver(|_| {}).await;
    let created = shop.post_once("a-key", "/v1/customers", &[("email", "ada@example.com")]).await;
    let event = receiver.wait_for("customer.created", 1).await[0].event();
    assert_eq!(event["request"]["idempotency_key"], "a-key");
    assert_eq!(event["request"]["id"].as_str(), created.header("request-id"));
}

#[tokio::test]
async fn failed_deliveries_are_retried_and_signed_afresh() {
    let (shop, receiver) =
        Shop::with_receiver(|config| config.retry_after = Duration::from_millis(200)).await;
    receiver.answer_next(&[500, 302, 400]);
    shop.post("/v1/customers", &[]).await;
    receiver.wait_for("customer.created", 1).await;
    shop.clock.advance(time::Duration::minutes(10));
    let tries = receiver.wait_for("customer.created", 4).await;
    let ids: HashSet<String> = tries.iter().map(|it| it.event()["id"].as_str().unwrap().to_owned()).collect();
    assert_eq!((tries.len(), ids.len()), (4, 1));
    assert!(tries.iter().all(|it| verify(it, "whsec_test")));
    assert!(tries[3].dated() >= tries[0].dated() + 600, "each try is dated anew");
    let id = ids.into_iter().next().unwrap();
    let outcome = eventually(SOON, "the delivery to be noted", async || {
        let shown = shop.control(reqwest::Method::GET, &format!("events/{id}"), json!({})).await.json;
        let delivery = shown["deliveries"][0].clone();
        (delivery["delivered"] == true).then_some(delivery)
    })
    .await;
    assert_eq!((&outcome["attempts"], &outcome["outcome"]), (&json!(4), &json!("200")));
}

#[tokio::test]
async fn retries_end_and_the_event_stays_undelivered() {
    let (shop, receiver) = Shop::with_receiver(|config| config.retries = 2).await;
    receiver.answer_next(&[503; 10]);
    shop.post("/v1/customers", &[]).await;
    let id = receiver.wait_for("customer.created", 3).await[0].event()["id"].as_str().unwrap().to_owned();
    let undelivered = shop.get("/v1/events?delivery_success=false").await.json;
    assert_eq!(strings(&undelivered["data"], "id"), [id.as_str()]);
    receiver.answer_next(&[]);
    // The receiver recovers; the event is sent again by hand.
    let answer = shop.control(reqwest::Method::POST, &format!("events/{id}/redeliver"), json!({})).await;
    assert_eq!(answer.json["deliveries"], 1);
    receiver.wait_for("customer.created", 4).await;
}

#[tokio::test]
async fn duplicates_are_the_same_event_many_times() {
    let (shop, receiver) = Shop::with_receiver(|_| {}).await;
    shop.faults(json!({ "deliveries": { "duplicate": 99 } })).await;
    shop.post("/v1/customers", &[]).await;
    let received = receiver.wait_for("customer.created", 100).await;
    let ids: HashSet<String> = received.iter().map(|it| it.event()["id"].to_string()).collect();
    assert_eq!((received.len(), ids.len()), (100, 1));
}

#[tokio::test]
async fn dropped_deliveries_are_never_sent_but_can_be_resent() {
    let (shop, receiver) = Shop::with_receiver(|_| {}).await;
    shop.faults(json!({ "deliveries": { "drop": 4 } })).await;
    shop.paid_intent().await;
    let session = shop.session().await;
    shop.pay(&session, json!({ "card": "4242424242424242" })).await;
    let received = receiver.wait_for(COMPLETED, 1).await;
    assert_eq!(received[0].event()["data"]["object"]["id"], session, "the first four were dropped");
    let dropped = shop.get(&format!("/v1/events?type={COMPLETED}&delivery_success=false")).await.json;
    let id = dropped["data"].as_array().unwrap().last().unwrap()["id"].as_str().unwrap().to_owned();
    shop.control(reqwest::Method::POST, &format!("events/{id}/redeliver"), json!({})).await;
    let received = receiver.wait_for(COMPLETED, 2).await;
    assert_eq!(received[1].event()["id"], id);
    let nothing = shop.control(reqwest::Method::POST, "events/evt_none/redeliver", json!({})).await;
    assert_eq!(nothing.status, 404);
}

#[tokio::test]
async fn reordered_deliveries_come_in_another_order() {
    let (shop, receiver) = Shop::with_receiver(|_| {}).await;
    shop.faults(json!({ "deliveries": { "reorder": true } })).await;
    shop.paid_intent().await;
    receiver.wait_for(COMPLETED, 1).await;
    let all = async || receiver.received().len() == 4;
    eventually(SOON, "all four", all).await;
    let order: Vec<String> = receiver.received().iter().map(crate::support::Received::kind).collect();
    assert_ne!(order, shop.event_types().await);
}

#[tokio::test]
async fn delayed_deliveries_come_later() {
    let (shop, receiver) = Shop::with_receiver(|_| {}).await;
    shop.faults(json!({ "deliveries": { "delayMs": 1000 } })).await;
    let begun = std::time::Instant::now();
    shop.post("/v1/customers", &[]).await;
    assert!(begun.elapsed() < Duration::from_millis(1000), "the API does not wait");
    receiver.wait_for("customer.created", 1).await;
    assert!(begun.elapsed() >= Duration::from_millis(1000));
}

#[tokio::test]
async fn endpoints_get_the_events_they_want() {
    let (shop, receiver) = Shop::with_receiver(|config| config.webhook_url = None).await;
    let url = receiver.url();
    let form =
        [("url", url.as_str()), ("enabled_events[]", COMPLETED), ("enabled_events[]", "charge.succeeded")];
    let endpoint = shop.post("/v1/webhook_endpoints", &form).await;
    let secret = endpoint.json["secret"].as_str().unwrap().to_owned();
    assert!(secret.starts_with("whsec_"));
    let path = format!("/v1/webhook_endpoints/{}", endpoint.id());
    assert!(shop.get(&path).await.json.get("secret").is_none(), "the secret is shown once");
    shop.paid_intent().await;
    let received = receiver.wait_for(COMPLETED, 1).await;
    assert!(verify(&received[0], &secret));
    receiver.wait_for("charge.succeeded", 1).await;
    let updated = shop.post(&path, &[("disabled", "true")]).await;
    assert_eq!(updated.json["status"], "disabled");
    shop.paid_intent().await;
    shop.post(&path, &[("disabled", "false"), ("enabled_events[0]", "*")]).await;
    shop.post("/v1/customers", &[]).await;
    receiver.wait_for("customer.created", 1).await;
    assert_eq!(receiver.received().len(), 3);
    let deleted = shop.send(shop.request(reqwest::Method::DELETE, &path)).await;
    assert_eq!(deleted.json["deleted"], true);
    assert_eq!(shop.get(&path).await.status, 404);
    assert_eq!(shop.post("/v1/webhook_endpoints", &[("url", &url)]).await.code(), "parameter_missing");
}

#[tokio::test]
async fn an_unreachable_endpoint_holds_nothing_up() {
    let (shop, receiver) = Shop::with_receiver(|config| config.retry_after = SOON).await;
    let form = [("url", "http://127.0.0.1:9/nobody"), ("enabled_events[]", "*")];
    shop.post("/v1/webhook_endpoints", &form).await;
    shop.paid_intent().await;
    receiver.wait_for(COMPLETED, 1).await;
    let begun = std::time::Instant::now();
    shop.stop().await;
    assert!(begun.elapsed() < Duration::from_secs(8), "retries do not hold the end up");
}
