//! One trace from the checkout to what comes of it.

use reqwest::Method;
use serde_json::json;

use crate::world::{PAYS, World, cart};

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";

#[tokio::test(flavor = "multi_thread")]
async fn what_a_webhook_brings_is_in_the_checkouts_trace() {
    let world = World::with_broker(&[]).await;
    let checkout = world.request(Method::POST, "/api/payments/create-checkout-session");
    let checkout = checkout.header("traceparent", format!("00-{TRACE}-b7ad6b7169203331-01"));
    let session = world.send(checkout.json(&cart())).await.ok();
    world.pay(session["id"].as_str().unwrap(), PAYS).await;
    world.deliver_only("checkout.session.completed").await;
    for topic in ["payment.created", "payment.successful"] {
        let message = world.read(topic, 1).await.remove(0);
        let traceparent = &message.headers["traceparent"];
        assert_eq!(traceparent.split('-').nth(1), Some(TRACE), "{topic}: {traceparent}");
    }
    let traces = world.texts("SELECT DISTINCT trace_id FROM payment_history").await;
    assert_eq!(traces, [TRACE]);
    world.assert_settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_worker_finds_out_is_in_the_checkouts_trace() {
    let mut world = World::configured(&[("STRIPE_TIMEOUT", "1s")]).await;
    world.faults(json!({"latencyMs": 2500})).await;
    let order = world.new_order();
    let ensure = world.request(Method::PUT, &format!("/internal/purchases/{order}/session"));
    let ensure = ensure.bearer_auth(crate::world::SERVICE_TOKEN).json(&world.ensure_body(1));
    let ensure = ensure.header("traceparent", format!("00-{TRACE}-b7ad6b7169203331-01"));
    assert_eq!(world.send(ensure).await.problem(), (503, "outcome_unknown"));
    world.stop_service().await;
    world.no_faults().await;
    world.clock.advance(time::Duration::seconds(10));
    world.restart().await;
    world.eventually_number("SELECT count(*) FROM payments WHERE status = 'open'", 1).await;
    let traces = world.texts("SELECT DISTINCT trace_id FROM payment_history").await;
    assert_eq!(traces, [TRACE]);
    world.assert_settled().await;
}
