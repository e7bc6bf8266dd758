//! Stripe answers late, not at all, or with a failure it remembers: one Session in the end, or a proof of none.

use serde_json::{Value, json};
use test_support::eventually;

use crate::world::{PATIENCE, PAYS, World, cart};

fn fail(status: u16, when: &str, times: i64) -> Value {
    json!({"errors": [{"method": "POST", "path": "/v1/checkout/sessions", "status": status, "when": when, "times": times}]})
}

async fn keys(world: &World) -> i64 {
    world.database.number("SELECT count(*) FROM stripe_requests").await
}

#[tokio::test(flavor = "multi_thread")]
async fn fault_40_a_500_after_the_effect_is_found_again_by_our_id() {
    let world = World::new().await;
    world.faults(fail(500, "after", 1)).await;
    let session = world.checkout(&cart()).await.ok();
    let sessions = world.sessions().await;
    assert_eq!((sessions.len(), &sessions[0]["id"]), (1, &session["id"]));
    assert_eq!(keys(&world).await, 1);
    world.pay(session["id"].as_str().unwrap(), PAYS).await;
    world.deliver_only("checkout.session.completed").await;
    assert_eq!(world.topics().await, ["payment.created", "payment.successful"]);
    world.assert_settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fault_40_a_500_before_the_effect_is_proven_and_the_next_attempt_made() {
    let world = World::new().await;
    world.faults(fail(500, "before", 1)).await;
    let order = world.new_order();
    let purchase = world.ensure(&order, 1).await.ok();
    let statuses: Vec<&Value> = purchase["payments"]
        .as_array()
        .unwrap()
        .iter()
        .map(|payment| &payment["snapshot"]["status"])
        .collect();
    assert_eq!(statuses, ["failed", "open"]);
    assert_eq!(world.sessions().await.len(), 1);
    assert_eq!(world.topics().await, ["payment.created"], "nobody heard of the first");
    world.assert_settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fault_39_a_502_is_sent_again_with_the_same_key() {
    for (when, calls) in [("before", 3), ("after", 2)] {
        let world = World::new().await;
        world.faults(fail(502, when, 2)).await;
        let session = world.checkout(&cart()).await.ok();
        assert_eq!(world.calls("POST", "/v1/checkout/sessions").await, calls, "{when}");
        let sessions = world.sessions().await;
        assert_eq!((sessions.len(), &sessions[0]["id"]), (1, &session["id"]), "{when}");
        assert_eq!(keys(&world).await, 1);
        world.assert_settled().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn fault_41_lock_timeouts_and_conflicts_are_waited_for() {
    for status in [429, 409] {
        let world = World::new().await;
        world.faults(fail(status, "before", 2)).await;
        world.checkout(&cart()).await.ok();
        assert_eq!(world.sessions().await.len(), 1);
        assert_eq!(
            world.keys_of("POST", "/v1/checkout/sessions").await.len(),
            3,
            "two refusals and the session"
        );
        assert_eq!(keys(&world).await, 1);
        world.assert_settled().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn fault_41_past_the_deadline_callers_are_told_and_the_same_key_goes_on() {
    for status in [429, 409] {
        let world = World::configured(&[("STRIPE_TIMEOUT", "1s"), ("WORKER_INTERVAL", "1h")]).await;
        world.faults(fail(status, "before", -1)).await;
        let order = world.new_order();
        let answer = world.ensure(&order, 1).await;
        assert_eq!(answer.status, 503, "{status}");
        assert_eq!(answer.body["retryable"], true, "{status}");
        world.no_faults().await;
        world.ensure(&order, 1).await.ok();
        let sent = world.keys_of("POST", "/v1/checkout/sessions").await;
        assert!(sent.len() > 2, "{status}: {sent:?}");
        assert!(sent.iter().all(|key| *key == sent[0] && !key.is_empty()), "{status}: {sent:?}");
        assert_eq!(world.sessions().await.len(), 1, "{status}");
        world.assert_settled().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn fault_39_an_answer_beyond_the_deadline_is_unknown_and_settled_by_the_same_call() {
    let world = World::configured(&[("STRIPE_TIMEOUT", "1s")]).await;
    world.faults(json!({"latencyMs": 2500})).await;
    let order = world.new_order();
    assert_eq!(world.ensure(&order, 1).await.problem(), (503, "outcome_unknown"));
    assert_eq!(world.status(&order).await, "created");
    world.no_faults().await;
    let purchase = eventually(PATIENCE, "a session", async || {
        let answer = world.ensure(&order, 1).await;
        if answer.status == 200 { Ok(answer.body) } else { Err(answer.status) }
    })
    .await;
    let sessions = world.sessions().await;
    assert_eq!((sessions.len(), &sessions[0]["id"]), (1, &purchase["payments"][0]["snapshot"]["sessionId"]));
    assert_eq!(keys(&world).await, 1);
    world.assert_settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fault_39_what_nobody_asks_about_again_is_settled_by_the_worker() {
    let mut world = World::configured(&[("STRIPE_TIMEOUT", "1s")]).await;
    world.faults(json!({"latencyMs": 2500})).await;
    let order = world.new_order();
    assert_eq!(world.ensure(&order, 1).await.status, 503);
    world.stop_service().await;
    world.no_faults().await;
    world.restart().await;
    world.clock.advance(time::Duration::seconds(10));
    world.eventually_number("SELECT count(*) FROM payments WHERE status = 'open'", 1).await;
    assert_eq!(world.sessions().await.len(), 1);
    assert_eq!(world.topics().await, ["payment.created"]);
    world.assert_settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attempt_whose_key_is_forgotten_is_looked_for_and_never_sent() {
    let mut world = World::configured(&[("STRIPE_TIMEOUT", "1s")]).await;
    let down = json!({"path": "*", "status": 503, "when": "before", "times": -1});
    world.faults(json!({"errors": [down]})).await;
    let order = world.new_order();
    assert_eq!(world.ensure(&order, 1).await.status, 503);
    world.stop_service().await;
    world.no_faults().await;
    world.clock.advance(time::Duration::hours(24));
    let before = world.calls("POST", "/v1/checkout/sessions").await;
    world.restart().await;
    world.eventually_number("SELECT count(*) FROM payments WHERE status = 'failed'", 1).await;
    assert_eq!(world.calls("POST", "/v1/checkout/sessions").await, before);
    assert!(world.topics().await.is_empty());
    let purchase = world.ensure(&order, 1).await.ok();
    assert_eq!(purchase["payments"][1]["snapshot"]["attempt"], 2);
    world.assert_settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_sends_a_key_again_that_may_be_forgotten() {
    // No worker comes in between.
    let world = World::configured(&[("STRIPE_TIMEOUT", "1s"), ("WORKER_INTERVAL", "1h")]).await;
    let down = json!({"path": "*", "status": 503, "when": "before", "times": -1});
    world.faults(json!({"errors": [down]})).await;
    let (ensured, closed, refreshed) = (world.new_order(), world.new_order(), world.new_order());
    for order in [&ensured, &closed, &refreshed] {
        assert_eq!(world.ensure(order, 1).await.status, 503);
    }
    world.no_faults().await;
    world.clock.advance(time::Duration::hours(24));
    let before = world.calls("POST", "/v1/checkout/sessions").await;
    eventually(PATIENCE, "Stripe is called again", async || {
        let answer = world.refresh(&refreshed).await;
        if answer.status == 200 { Ok(()) } else { Err(answer.status) }
    })
    .await;
    assert_eq!(world.close(&closed, 1).await.ok()["outcome"], "closed");
    assert_eq!(world.calls("POST", "/v1/checkout/sessions").await, before);
    let purchase = world.ensure(&ensured, 1).await.ok();
    assert_eq!(purchase["payments"][1]["snapshot"]["attempt"], 2);
    assert_eq!(world.calls("POST", "/v1/checkout/sessions").await, before + 1, "the next attempt's own");
    for order in [&closed, &refreshed] {
        assert_eq!(world.status(order).await, "failed");
    }
    world.assert_settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_bytes_that_are_sent_again_are_the_same() {
    let world = World::new().await;
    world.faults(fail(502, "before", 1)).await;
    world.checkout(&cart()).await.ok();
    let stored = world.texts("SELECT body FROM stripe_requests").await.pop().unwrap();
    assert!(stored.contains("tender_payment_id"), "{stored}");
    let key = world.texts("SELECT id FROM stripe_requests").await.pop().unwrap();
    let id = world.texts("SELECT id::text FROM payments").await.pop().unwrap();
    assert_eq!(key, format!("{id}:create-session"));
    assert_eq!(world.texts("SELECT stripe_version FROM stripe_requests").await, ["2026-09-30.endive"]);
    assert_eq!(world.texts("SELECT path FROM stripe_requests").await, ["/v1/checkout/sessions"]);
    world.assert_settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fault_42_while_stripe_hangs_callers_are_told_soon_and_webhooks_go_on() {
    let world = World::configured(&[("STRIPE_TIMEOUT", "1s")]).await;
    let session = world.checkout(&cart()).await.ok();
    let (order, id) = (session["orderId"].as_str().unwrap(), session["id"].as_str().unwrap());
    world.pay(id, PAYS).await;
    let event = world.events("checkout.session.completed").await.remove(0);
    world.faults(json!({"latencyMs": 5000})).await;
    assert_eq!(world.checkout(&cart()).await.problem(), (503, "outcome_unknown"));
    eventually(PATIENCE, "after some without an answer Stripe is not called", async || {
        let answer = world.checkout(&cart()).await;
        let (status, code) = answer.problem();
        assert_eq!(status, 503);
        if code == "payment_provider_unavailable" { Ok(()) } else { Err(code.to_owned()) }
    })
    .await;
    world.deliver(&event).await.ok();
    assert_eq!(world.status(order).await, "succeeded");
    world.no_faults().await;
    eventually(PATIENCE, "checkouts go on", async || world.checkout(&cart()).await.status == 200).await;
    world.assert_settled().await;
}
