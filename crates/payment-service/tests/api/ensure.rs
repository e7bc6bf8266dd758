//! At most one payable Session per purchase, whoever asks and however often.

use futures::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use crate::world::{PAYS, World};

fn newest(purchase: &Value) -> &Value {
    purchase["payments"].as_array().unwrap().last().unwrap()
}

fn session(purchase: &Value) -> String {
    newest(purchase)["snapshot"]["sessionId"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_tabs_at_once_get_one_session() {
    let world = World::new().await;
    // The call is on its way while the others ask.
    world.faults(json!({"latencyMs": 300})).await;
    let order = world.new_order();
    let answers = join_all((0..8).map(|_| world.ensure(&order, 1))).await;
    let sessions: Vec<String> = answers.into_iter().map(|answer| session(&answer.ok())).collect();
    assert!(sessions.iter().all(|one| *one == sessions[0]), "{sessions:?}");
    assert_eq!(world.sessions().await.len(), 1);
    assert_eq!(world.topics().await, ["payment.created"]);
    world.assert_settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_live_session_is_answered_again_after_one_look() {
    let world = World::configured(&[("SESSION_CACHE_TTL", "60s")]).await;
    let order = world.new_order();
    let first = world.ensure(&order, 1).await.ok();
    let read = format!("/v1/checkout/sessions/{}", session(&first));
    assert_eq!(world.calls("GET", &read).await, 0, "who makes it need not read it");
    let again = join_all((0..8).map(|_| world.ensure(&order, 1))).await;
    assert!(again.into_iter().all(|answer| answer.ok() == first));
    assert_eq!(world.calls("GET", &read).await, 1, "many who ask share one read");
    world.assert_settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_stripe_cannot_be_read_the_known_session_is_answered() {
    let world = World::configured(&[("STRIPE_TIMEOUT", "1s")]).await;
    let order = world.new_order();
    let first = world.ensure(&order, 1).await.ok();
    let down = json!({"path": "*", "status": 503, "when": "before", "times": -1});
    world.faults(json!({"errors": [down]})).await;
    assert_eq!(world.ensure(&order, 1).await.ok(), first);
    world.assert_settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_has_just_ended_at_stripe_is_not_answered_as_open() {
    let world = World::new().await;
    let order = world.new_order();
    let first = session(&world.ensure(&order, 1).await.ok());
    world.stripe(Method::POST, &format!("/checkout/sessions/{first}/expire"), &[]).await;
    // Its webhook is still on its way.
    let second = world.ensure(&order, 1).await.ok();
    assert_ne!(session(&second), first);
    assert_eq!(newest(&second)["snapshot"]["status"], "open");
    world.pay(&session(&second), PAYS).await;
    let third = world.ensure(&order, 1).await.ok();
    assert_eq!(newest(&third)["snapshot"]["status"], "succeeded");
    assert_eq!(world.sessions().await.len(), 2);
    world.assert_settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refunded_late_payment_makes_way_for_a_newer_generation() {
    let world = World::new().await;
    let order = world.new_order();
    let first = session(&world.ensure(&order, 1).await.ok());
    world.pay(&first, PAYS).await;
    assert_eq!(world.close(&order, 1).await.ok()["outcome"], "paid");
    let intent = world.session(&first).await["payment_intent"].as_str().unwrap().to_owned();
    world.stripe(Method::POST, "/refunds", &[("payment_intent", intent.as_str())]).await;
    world.deliver_only("charge.refunded").await;
    world.eventually_number("SELECT amount_refunded FROM payments", 5998).await;
    assert_eq!(world.close(&order, 1).await.ok()["outcome"], "closed");
    let second = world.ensure(&order, 2).await.ok();
    assert_ne!(session(&second), first);
    assert_eq!(newest(&second)["snapshot"]["status"], "open");
    world.assert_settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_generations_session_is_ended_before_the_next_is_made() {
    let world = World::new().await;
    let order = world.new_order();
    let first = session(&world.ensure(&order, 1).await.ok());
    let second = session(&world.ensure(&order, 2).await.ok());
    assert_eq!(world.session(&first).await["status"], "expired");
    assert_eq!(world.session(&second).await["status"], "open");
    world.assert_settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_session_makes_way_for_the_next_attempt() {
    let world = World::new().await;
    let order = world.new_order();
    let first = session(&world.ensure(&order, 1).await.ok());
    world.clock.advance(time::Duration::minutes(60));
    let second = world.ensure(&order, 1).await.ok();
    assert_ne!(session(&second), first);
    assert_eq!(newest(&second)["snapshot"]["attempt"], 2);
    assert_eq!(second["payments"][0]["snapshot"]["status"], "expired");
    assert_eq!(world.topics().await, ["payment.created", "payment.expired", "payment.created"]);
    world.assert_settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paid_purchase_gets_no_other_session() {
    let world = World::new().await;
    let order = world.new_order();
    let id = session(&world.ensure(&order, 1).await.ok());
    world.pay(&id, PAYS).await;
    world.deliver_only("checkout.session.completed").await;
    let again = world.ensure(&order, 1).await.ok();
    assert_eq!(newest(&again)["snapshot"]["status"], "succeeded");
    // Its time being over, Stripe is asked before anything else is made.
    let late = world.new_order();
    let id = session(&world.ensure(&late, 1).await.ok());
    world.pay(&id, PAYS).await;
    world.clock.advance(time::Duration::minutes(60));
    assert_eq!(newest(&world.ensure(&late, 1).await.ok())["snapshot"]["status"], "succeeded");
    assert_eq!(world.sessions().await.len(), 2);
    world.assert_settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_a_delayed_payment_is_processing_there_is_no_other_session() {
    let world = World::new().await;
    let order = world.new_order();
    let id = session(&world.ensure(&order, 1).await.ok());
    world.paypal(&id, "delayed_success").await;
    world.deliver_only("checkout.session.completed").await;
    world.clock.advance(time::Duration::minutes(60));
    let again = world.ensure(&order, 1).await.ok();
    assert_eq!(newest(&again)["snapshot"]["status"], "processing");
    assert_eq!(world.sessions().await.len(), 1);
    world.assert_settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_generation_changes_nothing_and_a_newer_one_opens_again() {
    let world = World::new().await;
    let order = world.new_order();
    world.ensure(&order, 2).await.ok();
    let closed = world.close(&order, 2).await.ok();
    assert_eq!((&closed["state"], &closed["outcome"]), (&json!("closed"), &json!("closed")));
    assert_eq!(world.ensure(&order, 2).await.problem(), (409, "purchase_closed"));
    let older = world.ensure(&order, 1).await.ok();
    assert_eq!((&older["state"], &older["generation"]), (&json!("closed"), &json!(2)));
    let newer = world.ensure(&order, 3).await.ok();
    assert_eq!((&newer["state"], &newer["generation"]), (&json!("open"), &json!(3)));
    assert_eq!(newest(&newer)["snapshot"]["attempt"], 2);
    let stale = world.close(&order, 2).await.ok();
    assert_eq!((&stale["state"], stale.get("outcome")), (&json!("open"), None));
    let still = world.session(&session(&newer)).await;
    assert_eq!(still["status"], "open", "an older close ends nothing");
    world.assert_settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sums_that_are_wrong_are_refused() {
    let world = World::new().await;
    let order = world.new_order();
    let put = async |change: fn(&mut Value)| {
        let mut body = world.ensure_body(1);
        change(&mut body);
        let answer = world.internal(Method::PUT, &format!("/{order}/session"), &body).await;
        (answer.status, answer.body["errors"][0]["pointer"].as_str().unwrap_or_default().to_owned())
    };
    assert_eq!(put(|body| body["amount"] = json!(5997)).await, (422, "/amount".to_owned()));
    assert_eq!(put(|body| body["products"] = json!([])).await, (422, "/products".to_owned()));
    assert_eq!(
        put(|body| body["successUrl"] = json!("https://evil.example")).await,
        (422, "/successUrl".to_owned())
    );
    world.ensure(&order, 1).await.ok();
    let other = put(|body| {
        body["amount"] = json!(2999);
        body["products"][0]["quantity"] = json!(1);
    });
    assert_eq!(other.await, (422, "/amount".to_owned()), "the sum of an order does not change");
    assert_eq!(world.sessions().await.len(), 1);
    world.assert_settled().await;
}
