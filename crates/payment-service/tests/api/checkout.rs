//! `create-checkout-session` beyond its inputs: who buys, defaults, keys.

use reqwest::Method;
use serde_json::{Value, json};

use test_support::eventually;

use crate::world::{Answer, PATIENCE, PAYS, SERVICE_TOKEN, World, cart, cart_without_mail};

async fn keyed(world: &World, key: &str, body: &Value) -> Answer {
    let request = world.request(Method::POST, "/api/payments/create-checkout-session");
    world.send(request.header("Idempotency-Key", key).json(body)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_makes_one_session() {
    let world = World::new().await;
    let first = keyed(&world, "key-1", &cart()).await.ok();
    let again = keyed(&world, "key-1", &cart()).await;
    assert_eq!(again.headers["idempotent-replayed"], "true");
    assert_eq!(again.ok(), first);
    world.pay(first["id"].as_str().unwrap(), PAYS).await;
    world.deliver_only("checkout.session.completed").await;
    assert_eq!(keyed(&world, "key-1", &cart()).await.ok(), first, "also once it is paid");
    assert_eq!(world.sessions().await.len(), 1);

    let mut other = cart();
    other["products"][0]["quantity"] = json!(2);
    assert_eq!(keyed(&world, "key-1", &other).await.problem(), (422, "idempotency_mismatch"));
    other["customerEmail"] = json!("john@example.com");
    let another = keyed(&world, "key-1", &other).await.ok();
    assert_ne!(another["orderId"], first["orderId"], "another guest's key is another key");
    assert_ne!(keyed(&world, "key-2", &cart()).await.ok()["orderId"], first["orderId"]);
    world.assert_settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_that_are_none() {
    let world = World::new().await;
    assert_eq!(keyed(&world, &"k".repeat(256), &cart()).await.problem(), (400, "idempotency_key_invalid"));
    assert_eq!(keyed(&world, "", &cart()).await.problem(), (400, "idempotency_key_invalid"));
    keyed(&world, &"k".repeat(255), &cart()).await.ok();
    world.assert_settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_calls_with_one_key_make_one_session() {
    let world = World::new().await;
    world.faults(json!({"latencyMs": 300})).await;
    let body = cart();
    let answers = futures::future::join_all((0..5).map(|_| keyed(&world, "key", &body))).await;
    // Whoever comes late finds the answer.
    let done: Vec<_> = answers.iter().filter(|answer| answer.status == 200).collect();
    let waiting = answers.iter().filter(|answer| answer.problem() == (409, "idempotency_in_flight")).count();
    assert_eq!(done.len() + waiting, 5);
    assert!(done.iter().all(|answer| answer.body == done[0].body));
    assert_eq!(world.sessions().await.len(), 1);
    assert_eq!(keyed(&world, "key", &body).await.ok(), done[0].body);
    world.assert_settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_key_every_call_is_a_purchase() {
    let world = World::new().await;
    let (one, two) = (world.checkout(&cart()).await.ok(), world.checkout(&cart()).await.ok());
    assert_ne!(one["orderId"], two["orderId"]);
    assert_eq!(world.sessions().await.len(), 2);
    world.assert_settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn metadata_reaches_stripe_on_session_and_intent_beside_ours() {
    let world = World::new().await;
    let mut body = cart();
    body["metadata"] = json!({"campaign": "spring", "visits": 3, "newsletter": true, "nothing": null});
    let session = world.checkout(&body).await.ok();
    world.pay(session["id"].as_str().unwrap(), PAYS).await;
    let session = world.session(session["id"].as_str().unwrap()).await;
    let intent = session["payment_intent"].as_str().unwrap();
    let intent = world.stripe(Method::GET, &format!("/payment_intents/{intent}"), &[]).await;
    for metadata in [&session["metadata"], &intent["metadata"]] {
        assert_eq!(metadata["campaign"], "spring");
        assert_eq!((&metadata["visits"], &metadata["newsletter"]), (&json!("3"), &json!("true")));
        assert!(metadata["tender_payment_id"].is_string(), "{metadata}");
    }
    world.assert_settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn defaults_are_the_configurations() {
    let world = World::configured(&[
        ("DEFAULT_CURRENCY", "eur"),
        ("DEFAULT_SUCCESS_URL", "https://shop.example/thanks"),
        ("DEFAULT_CANCEL_URL", "https://shop.example/back"),
        ("PAYMENT_METHOD_TYPES", "card,paypal"),
    ])
    .await;
    let session =
        world.checkout(&json!({"products": [{"name": "Cup", "price": 5, "quantity": 3}]})).await.ok();
    assert_eq!((&session["amount"], &session["currency"]), (&json!(1500), &json!("eur")));
    let stripe = world.session(session["id"].as_str().unwrap()).await;
    assert_eq!(stripe["success_url"], "https://shop.example/thanks");
    assert_eq!(stripe["customer_email"], Value::Null);
    let config = world.get("/api/payments/config").await.ok();
    let expected = json!({"publishableKey": "pk_test_sandbox", "currency": "eur", "paymentMethodTypes": ["card", "paypal"]});
    assert_eq!(config, expected);
    world.assert_settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_address_typed_at_stripe_is_used_where_none_was_given() {
    let world = World::new().await;
    let session = world.checkout(&cart_without_mail()).await.ok();
    world.pay(session["id"].as_str().unwrap(), PAYS).await;
    world.deliver_only("checkout.session.completed").await;
    let published = world.published().await;
    assert_eq!(published[0].1["data"].get("email"), None);
    assert_eq!(published[1].1["data"]["email"], "customer@example.com");
    world.assert_settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_may_name_any_price_and_others_may_not() {
    let world = World::configured(&[("AD_HOC_PRICES", "deny")]).await;
    let answer = world.checkout(&cart()).await;
    assert_eq!(answer.problem(), (422, "price_verification_failed"));
    assert_eq!(answer.pointers(), ["/products/0"]);
    let expected = json!([{"name": "Cup", "expectedPrice": null, "providedPrice": 29.99}]);
    assert_eq!(answer.body["discrepancies"], expected);
    let request = world.request(Method::POST, "/api/payments/create-checkout-session");
    world.send(request.bearer_auth(SERVICE_TOKEN).json(&cart())).await.ok();
    world.assert_settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_was_refused_is_free_again() {
    let world = World::configured(&[("AD_HOC_PRICES", "deny")]).await;
    for _ in 0..2 {
        assert_eq!(keyed(&world, "key", &cart()).await.problem(), (422, "price_verification_failed"));
    }
    assert_eq!(world.database.number("SELECT count(*) FROM idempotency_keys").await, 0);
    assert_eq!(world.database.number("SELECT count(*) FROM purchases").await, 0);
    world.assert_settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_ended_unknown_is_resumed_by_its_key() {
    let world = World::configured(&[("STRIPE_TIMEOUT", "1s")]).await;
    world.faults(json!({"latencyMs": 2500})).await;
    assert_eq!(keyed(&world, "key", &cart()).await.problem(), (503, "outcome_unknown"));
    world.no_faults().await;
    let made = eventually(PATIENCE, "a session", async || {
        let answer = keyed(&world, "key", &cart()).await;
        if answer.status == 200 { Ok(answer.body) } else { Err(answer.status) }
    })
    .await;
    let sessions = world.sessions().await;
    assert_eq!((sessions.len(), &sessions[0]["id"]), (1, &made["id"]));
    assert_eq!(world.database.number("SELECT count(*) FROM purchases").await, 1);
    world.assert_settled().await;
}

fn too_near(method: &str, path: &str, status: &mut u16, body: &mut Value) {
    if (method, path) == ("POST", "/v1/checkout/sessions") {
        *status = 400;
        *body = json!({"error": {"type": "invalid_request_error", "param": "expires_at"}});
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_that_stripe_refuses_is_an_alarm_about_the_clock() {
    let world = World::with_answers(&[], too_near).await;
    assert_eq!(world.checkout(&cart()).await.problem(), (502, "payment_provider_error"));
    let metrics = world.get("/metrics").await.body.as_str().unwrap().to_owned();
    let alarm = |line: &str| line.starts_with("payment_alarms_total") && line.contains("session_clock");
    assert!(metrics.lines().any(alarm), "{metrics}");
    world.assert_settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stripe_refusing_is_502_and_away_is_503() {
    let world = World::configured(&[("STRIPE_TIMEOUT", "700ms")]).await;
    world
        .faults(json!({"errors": [{"path": "/v1/checkout/sessions", "status": 402, "when": "before"}]}))
        .await;
    assert_eq!(world.checkout(&cart()).await.problem(), (502, "payment_provider_error"));
    world.faults(json!({"errors": [{"path": "/v1/checkout/sessions", "status": 429, "when": "before", "times": -1}]})).await;
    let away = world.checkout(&cart()).await;
    assert_eq!(away.problem(), (503, "payment_provider_unavailable"));
    assert!(away.headers.contains_key("retry-after"));
    assert!(world.topics().await.is_empty(), "nobody hears of a session that is not there");
    world.no_faults().await;
    world.clock.advance(time::Duration::minutes(1));
    world.assert_settled().await;
}
