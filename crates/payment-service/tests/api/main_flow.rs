//! A purchase from checkout to 'paid', as the other services see it.

use kernel::{Clock, Currency};
use serde_json::json;

use crate::world::{PAYS, World, cart};

#[tokio::test(flavor = "multi_thread")]
async fn a_direct_checkout_is_paid_and_published() {
    let world = World::with_broker(&[]).await;
    let session = world.checkout(&cart()).await.ok();
    let id = session["sessionId"].as_str().unwrap();
    assert_eq!(session["id"], session["sessionId"]);
    assert_eq!((&session["amount"], &session["currency"]), (&json!(2999), &json!("usd")));
    assert!(session["url"].as_str().unwrap().starts_with("http"), "{session}");
    assert!(session["expiresAt"].as_str().unwrap().ends_with('Z'), "{session}");

    let stripe = world.session(id).await;
    let order = session["orderId"].as_str().unwrap();
    assert_eq!(stripe["client_reference_id"], order);
    assert_eq!(stripe["metadata"]["tender_purchase_id"], order);
    assert_eq!(stripe["metadata"]["tender_attempt"], "1");
    assert_eq!(stripe["success_url"], "https://shop.example/paid?session_id={CHECKOUT_SESSION_ID}");

    world.pay(id, PAYS).await;
    world.deliver_only("checkout.session.completed").await;

    let created = &world.read("payment.created", 1).await[0];
    let successful = &world.read("payment.successful", 1).await[0];
    for (message, kind) in [(created, "payment.created"), (successful, "payment.successful")] {
        assert_eq!(message.key.as_deref(), Some(order));
        assert_eq!(message.headers["ce_type"], kind);
        assert_eq!(message.headers["ce_source"], "/payment-service");
        assert!(message.headers.contains_key("traceparent"));
        let event = message.json();
        assert_eq!(event["eventType"], kind);
        assert_eq!(event["eventId"], message.headers["ce_id"]);
    }
    let (created, successful) = (created.json(), successful.json());
    assert_eq!((&created["data"]["sequence"], &successful["data"]["sequence"]), (&json!(1), &json!(2)));
    assert_eq!(created["data"]["status"], "open");
    assert_eq!(created["data"]["url"], session["url"]);
    let data = &successful["data"];
    assert_eq!(data["status"], "succeeded");
    assert_eq!(data["sessionId"], id);
    assert!(data["paymentIntentId"].as_str().unwrap().starts_with("pi_"));
    assert_eq!((&data["orderId"], &data["amount"]), (&json!(order), &json!(2999)));
    assert_eq!((&data["userId"], &data["email"]), (&json!("guest"), &json!("jane.doe@example.com")));
    assert_eq!((&data["livemode"], &data["paymentMethod"]), (&json!(false), &json!("card")));
    assert_eq!(data["products"][0]["price"], json!(29.99));
    assert_eq!(data["products"][0]["unitAmount"], 2999);
    world.eventually_number("SELECT count(*) FROM outbox", 0).await;
    world.assert_settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_orders_session_is_ensured_paid_and_found_by_its_session() {
    let world = World::new().await;
    let order = world.new_order();
    let purchase = world.ensure(&order, 1).await.ok();
    let payment = &purchase["payments"][0];
    let session = payment["snapshot"]["sessionId"].as_str().unwrap();
    assert_eq!((&purchase["state"], &payment["snapshot"]["status"]), (&json!("open"), &json!("open")));
    assert_eq!(payment["snapshot"]["sequence"], 1);
    assert!(payment["eventId"].is_string() && payment["url"].is_string(), "{payment}");
    let expires = world.session(session).await["expires_at"].as_i64().unwrap();
    let minutes = (expires - world.clock.now().unix_timestamp()) / 60;
    assert!((38..=40).contains(&minutes), "ten minutes before the hold ends: {minutes}");

    world.pay(session, PAYS).await;
    world.deliver_only("checkout.session.completed").await;
    world.deliver_only("payment_intent.succeeded").await;
    assert_eq!(world.topics().await, ["payment.created", "payment.successful"]);

    let found =
        world.internal(reqwest::Method::GET, &format!("?sessionId={session}"), &json!(null)).await.ok();
    assert_eq!(found, world.purchase(&order).await);
    let snapshot = &found["payments"][0]["snapshot"];
    assert_eq!((&snapshot["status"], &snapshot["sequence"]), (&json!("succeeded"), &json!(2)));
    let published = world.published().await;
    assert_eq!(found["payments"][0]["eventId"], published[1].1["eventId"]);
    assert_eq!(snapshot["currency"], Currency::USD.code());
    world.assert_settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_internal_api_answers_to_strangers() {
    let world = World::new().await;
    let order = world.new_order();
    let path = format!("/internal/purchases/{order}");
    assert_eq!(world.get(&path).await.problem(), (401, "unauthorized"));
    let wrong = world.request(reqwest::Method::GET, &path).bearer_auth("not-the-token-of-the-services");
    assert_eq!(world.send(wrong).await.problem(), (401, "unauthorized"));
    let absent = world.internal(reqwest::Method::GET, &format!("/{order}"), &json!(null)).await;
    assert_eq!(absent.problem(), (404, "not_found"));
    let absent = world.internal(reqwest::Method::GET, "?sessionId=cs_unknown", &json!(null)).await;
    assert_eq!(absent.problem(), (404, "not_found"));
    assert_eq!(world.refresh(&order).await.problem(), (404, "not_found"));
    world.assert_settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_history_names_who_told_what() {
    let world = World::new().await;
    let session = world.checkout(&cart()).await.ok();
    world.pay(session["id"].as_str().unwrap(), PAYS).await;
    world.deliver_only("checkout.session.completed").await;
    world.deliver_only("payment_intent.succeeded").await;
    let history = world
        .texts(
            "SELECT source || ' ' || outcome || ' ' || from_status || '>' || to_status || ' ' \
             || (stripe_event_id IS NOT NULL)::text || ' ' || (event_id IS NOT NULL)::text \
             FROM payment_history ORDER BY id",
        )
        .await;
    assert_eq!(
        history,
        [
            "answer advanced created>open false true",
            "webhook advanced open>succeeded true true",
            "webhook superseded succeeded>succeeded true false",
        ]
    );
    world.assert_settled().await;
}
