//! The buyer's address, where only Stripe has it: the money's first webhook may not.

use serde_json::{Value, json};
use test_support::eventually;

use crate::world::{PATIENCE, PAYS, World, cart_without_mail};

/// Somebody has paid; Stripe's event that names no Session.
async fn paid(world: &World) -> Value {
    let session = world.checkout(&cart_without_mail()).await.ok();
    world.pay(session["id"].as_str().unwrap(), PAYS).await;
    world.events("payment_intent.succeeded").await.remove(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_success_that_comes_first_is_told_with_the_address_of_its_session() {
    let world = World::new().await;
    let event = paid(&world).await;
    world.deliver(&event).await.ok();
    world.eventually_event(event["id"].as_str().unwrap(), "processed").await;
    let published = world.published().await;
    assert_eq!(published[1].0, "payment.successful");
    assert_eq!(published[1].1["data"]["email"], "customer@example.com");
    world.deliver_only("checkout.session.completed").await;
    assert_eq!(world.topics().await, ["payment.created", "payment.successful"]);
    world.assert_settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_that_comes_first_is_told_with_the_address_of_its_session() {
    let world = World::new().await;
    let event = paid(&world).await;
    let form = [("payment_intent", event["data"]["object"]["id"].as_str().unwrap()), ("amount", "1000")];
    world.stripe(reqwest::Method::POST, "/refunds", &form).await;
    world.deliver_only("charge.refunded").await;
    world.eventually_number("SELECT count(*) FROM stripe_events WHERE state = 'processed'", 1).await;
    assert_eq!(world.topics().await, ["payment.created", "payment.successful", "payment.refunded"]);
    for (_, told) in &world.published().await[1..] {
        assert_eq!(told["data"]["email"], "customer@example.com");
    }
    world.assert_settled().await;
}

fn nobody_typed_any(_: &str, path: &str, _: &mut u16, body: &mut Value) {
    if path.starts_with("/v1/checkout/sessions/") {
        body["customer_details"] = Value::Null;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_success_whose_session_has_no_address_either_is_told_without() {
    let world = World::with_answers(&[], nobody_typed_any).await;
    let event = paid(&world).await;
    world.deliver(&event).await.ok();
    world.eventually_event(event["id"].as_str().unwrap(), "processed").await;
    let told = world.read("payment.successful", 1).await[0].json();
    assert_eq!(told["data"].get("email"), None, "{told}");
    assert_eq!(world.calls("GET", "/v1/checkout/sessions/*").await, 1);
    world.assert_settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_success_whose_session_cannot_be_read_does_not_wait_for_ever() {
    let world = World::configured(&[("STRIPE_TIMEOUT", "1s")]).await;
    let event = paid(&world).await;
    let away =
        json!({"method": "GET", "path": "/v1/checkout/*", "status": 503, "when": "before", "times": -1});
    world.faults(json!({"errors": [away]})).await;
    world.deliver(&event).await.ok();
    assert_eq!(world.topics().await, ["payment.created"], "it waits");
    eventually(PATIENCE, "the money is told", async || {
        world.clock.advance(time::Duration::minutes(1));
        let topics = world.topics().await;
        if topics == ["payment.created", "payment.successful"] { Ok(()) } else { Err(topics) }
    })
    .await;
    world.no_faults().await;
    world.assert_settled().await;
}
