//! Closing a purchase: nothing of it can be paid any more, or it was paid.

use serde_json::{Value, json};
use test_support::eventually;

use crate::world::{PATIENCE, PAYS, World, cart};

async fn open(world: &World) -> (String, String) {
    let order = world.new_order();
    let purchase = world.ensure(&order, 1).await.ok();
    (order, purchase["payments"][0]["snapshot"]["sessionId"].as_str().unwrap().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_session_is_ended() {
    let world = World::new().await;
    let (order, session) = open(&world).await;
    let closed = world.close(&order, 1).await.ok();
    assert_eq!((&closed["state"], &closed["outcome"]), (&json!("closed"), &json!("closed")));
    assert_eq!(world.session(&session).await["status"], "expired");
    assert_eq!(world.topics().await, ["payment.created", "payment.expired"]);
    assert_eq!(world.close(&order, 1).await.ok(), closed, "closing twice is closing once");
    assert_eq!(world.ensure(&order, 1).await.problem(), (409, "purchase_closed"));
    world.deliver_only("checkout.session.expired").await;
    assert_eq!(world.topics().await.len(), 2);
    world.assert_settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_that_was_faster_is_answered_paid() {
    let world = World::new().await;
    let (order, session) = open(&world).await;
    world.pay(&session, PAYS).await;
    let closed = world.close(&order, 1).await.ok();
    assert_eq!(closed["outcome"], "paid");
    assert_eq!(closed["payments"][0]["snapshot"]["status"], "succeeded");
    assert_eq!(world.topics().await, ["payment.created", "payment.successful"]);
    // Whoever wanted a page to pay on at that moment hears that it is paid.
    let ensured = world.ensure(&order, 1).await.ok();
    assert_eq!(ensured["payments"], closed["payments"]);
    world.assert_settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fault_43_closing_and_paying_at_once_is_paid_or_closed_and_never_both() {
    for _ in 0..5 {
        let world = World::new().await;
        let (order, session) = open(&world).await;
        let url = format!("{}/_sandbox/checkout/sessions/{session}/pay", world.sandbox.url());
        let pay = world.client.post(url).json(&json!({"card": PAYS})).send();
        let (closed, paid) = tokio::join!(world.close(&order, 1), pay);
        let outcome = closed.ok()["outcome"].clone();
        let captured = world.books().await["totals"]["usd"]["captured"].as_i64().unwrap_or_default();
        assert_eq!(outcome == "paid", captured > 0, "{outcome} {captured} {}", paid.unwrap().status());
        assert!(outcome == "paid" || outcome == "closed", "{outcome}");
        world.assert_settled().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delayed_payment_is_processing() {
    let world = World::new().await;
    let (order, session) = open(&world).await;
    world.paypal(&session, "delayed_failure").await;
    let read = format!("/v1/checkout/sessions/{session}");
    for times in 1..=2 {
        assert_eq!(world.close(&order, 1).await.ok()["outcome"], "processing");
        assert_eq!(world.calls("GET", &read).await, times, "one read tells");
    }
    world.settle(&session).await;
    assert_eq!(world.close(&order, 1).await.ok()["outcome"], "closed");
    // The attempt failed, and with it the payment.
    let topics = world.topics().await;
    assert_eq!(topics, ["payment.created", "payment.processing", "payment.failed", "payment.failed"]);
    assert_eq!(world.status(&order).await, "failed");
    world.assert_settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_is_being_made_is_ended_when_stripe_answers() {
    let world = World::configured(&[("STRIPE_TIMEOUT", "20s")]).await;
    world.faults(json!({"held": [{"method": "POST", "path": "/v1/checkout/sessions"}]})).await;
    let order = world.new_order();
    let ensure = world.ensure(&order, 1);
    let close = async {
        world.eventually_number("SELECT count(*) FROM payments", 1).await;
        world.close(&order, 1).await.ok()
    };
    let answer = async {
        world.eventually_number("SELECT count(*) FROM purchases WHERE state = 'closed'", 1).await;
        world.no_faults().await;
    };
    let (ensured, closed, ()) = tokio::join!(ensure, close, answer);
    assert_eq!(ensured.problem(), (409, "purchase_closed"));
    assert_eq!(closed["outcome"], "closed");
    let sessions = world.sessions().await;
    assert_eq!((sessions.len(), &sessions[0]["status"]), (1, &json!("expired")));
    world.assert_settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_close_never_ends_the_next_generations_session() {
    let world = World::configured(&[("STRIPE_TIMEOUT", "20s")]).await;
    let (order, first) = open(&world).await;
    world.faults(json!({"held": [{"path": "*/expire"}]})).await;
    let ensure = async {
        world.eventually_number("SELECT count(*) FROM purchases WHERE state = 'closed'", 1).await;
        world.ensure(&order, 2).await.ok()
    };
    let answer = async {
        world.eventually_number("SELECT generation FROM purchases", 2).await;
        world.no_faults().await;
    };
    let (closed, ensured, ()) = tokio::join!(world.close(&order, 1), ensure, answer);
    let closed = closed.ok();
    assert_eq!((&closed["state"], closed.get("outcome")), (&json!("open"), None));
    let second = ensured["payments"][1]["snapshot"]["sessionId"].as_str().unwrap();
    assert_eq!(world.session(&first).await["status"], "expired");
    assert_eq!(world.session(second).await["status"], "open");
    assert_eq!(world.status(&order).await, "open");
    world.assert_settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_purchase_is_remembered_as_closed() {
    let world = World::new().await;
    let order = world.new_order();
    assert_eq!(world.close(&order, 1).await.ok()["outcome"], "closed");
    assert_eq!(world.ensure(&order, 1).await.problem(), (409, "purchase_closed"), "it was on its way");
    world.ensure(&order, 2).await.ok();
    assert_eq!(world.sessions().await.len(), 1);
    world.assert_settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stripe_away_is_unknown_and_a_worker_ends_the_session_later() {
    let world = World::configured(&[("STRIPE_TIMEOUT", "1s")]).await;
    let (order, session) = open(&world).await;
    let expire = json!({"path": "*/expire", "status": 503, "when": "before", "times": -1});
    world.faults(json!({"errors": [expire]})).await;
    assert_eq!(world.close(&order, 1).await.ok()["outcome"], "unknown");
    world.no_faults().await;
    // As if nobody asked again.
    eventually(PATIENCE, "the worker ends the session", async || {
        world.clock.advance(time::Duration::seconds(1));
        let status: Value = world.session(&session).await["status"].clone();
        if status == "expired" { Ok(()) } else { Err(status) }
    })
    .await;
    assert_eq!(world.close(&order, 1).await.ok()["outcome"], "closed");
    world.assert_settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn money_that_comes_after_the_end_is_published_all_the_same() {
    let world = World::new().await;
    let session = world.checkout(&cart()).await.ok();
    let (order, id) = (session["orderId"].as_str().unwrap(), session["id"].as_str().unwrap());
    world.pay(id, PAYS).await;
    let completed = world.events("checkout.session.completed").await.remove(0);
    let mut expired = completed.clone();
    expired["id"] = json!("evt_expired");
    expired["type"] = json!("checkout.session.expired");
    expired["data"]["object"]["status"] = json!("expired");
    expired["data"]["object"]["payment_status"] = json!("unpaid");
    world.deliver(&expired).await.ok();
    assert_eq!(world.status(order).await, "expired");
    world.deliver(&completed).await.ok();
    assert_eq!(world.status(order).await, "succeeded");
    assert_eq!(world.topics().await, ["payment.created", "payment.expired", "payment.successful"]);
    world.assert_settled().await;
}
