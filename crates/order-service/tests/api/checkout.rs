//! `POST /api/orders/checkout`: repetitions, and payment-service being away.

use serde_json::json;
use test_support::eventually;

use crate::support::world::SOON;
use crate::support::{AtStripe, Client, World, cart, jwt, order_id};

#[tokio::test(flavor = "multi_thread")]
async fn payment_service_down_keeps_the_order_and_the_same_call_goes_on() {
    let world = World::start().await;
    let guest = world.guest().await;
    world.payments.down(true);
    let answer = guest.checkout_with_key(&cart(&[("tea", 1)]), "k-1").await;
    assert_eq!(answer.problem(503), "payment_provider_unavailable");
    assert!(answer.body["detail"].as_str().unwrap().contains("stays pending"));
    assert_eq!(answer.body["retryable"], true);
    let kept = answer.body["orderId"].clone();

    world.payments.down(false);
    let answer = guest.checkout_with_key(&cart(&[("tea", 1)]), "k-1").await;
    assert!(!answer.headers.contains_key("idempotent-replayed"));
    assert_eq!(answer.expect(200)["orderId"], kept);
    assert_eq!(world.stock("tea").await, (10, 1));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_repeated_is_not_said_to_be() {
    let world = World::start().await;
    world.payments.misrouted(Some(r#"{"code":"payment_provider_error","retryable":false}"#));
    let answer = world.guest().await.checkout(&cart(&[("tea", 1)])).await;
    assert_eq!(answer.body["code"], "payment_provider_error");
    assert_eq!(answer.body["retryable"], false);
    let detail = answer.body["detail"].as_str().unwrap();
    assert!(detail.contains("stays pending") && !detail.contains("Repeat"), "{detail}");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_ways_to_pay_that_are_offered_can_be_chosen() {
    let world = World::start_with(&[("PAYMENT_METHOD_TYPES", "paypal,card")]).await;
    let guest = world.guest().await;
    for (chosen, expected) in [(json!("card"), "card"), (json!("paypal"), "paypal"), (json!(null), "paypal")]
    {
        let mut body = cart(&[("tea", 1)]);
        body["guest"]["email"] = json!(format!("{}@example.com", test_support::unique("g")));
        body["paymentMethod"] = chosen;
        guest.checkout(&body).await.expect(200);
        assert_eq!(world.payments.last_ensure().payment_method_types.unwrap(), [expected]);
    }
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_address_that_the_token_does_not_vouch_for_is_none() {
    let world = World::start().await;
    let claims = |email: serde_json::Value, verified: bool| json!({"sub": test_support::unique("u"), "email": email, "email_verified": verified, "exp": 4_102_444_800_i64});
    for (claims, with_guest, expected) in [
        (claims(json!("ann@example.com"), true), true, Some("ann@example.com")),
        (claims(json!("ann@example.com"), false), true, Some("ada@example.com")),
        (claims(json!("no address"), true), true, Some("ada@example.com")),
        (claims(json!("ann@example.com"), false), false, None),
        (
            claims(
                json!(
                    "a
b@example.com"
                ),
                true,
            ),
            false,
            None,
        ),
    ] {
        let mut body = cart(&[("tea", 1)]);
        if !with_guest {
            body.as_object_mut().unwrap().remove("guest");
        }
        let user = Client::bearer(&world.base, jwt::sign(&claims));
        let order = user.checkout(&body).await.expect(200);
        assert_eq!(order["order"]["email"], json!(expected), "{claims}");
        assert_eq!(world.payments.last_ensure().email.as_deref(), expected, "{claims}");
    }
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_answers_the_same_order_and_session() {
    let world = World::start().await;
    let guest = world.guest().await;
    let first = guest.checkout_with_key(&cart(&[("tea", 1)]), "k-1").await.expect(200);
    let again = guest.checkout_with_key(&cart(&[("tea", 1)]), "k-1").await;
    assert_eq!(again.headers["idempotent-replayed"], "true");
    let again = again.expect(200);
    for field in ["orderId", "orderNumber", "sessionId", "url", "orderToken"] {
        assert_eq!(again[field], first[field], "{field}");
    }
    assert_eq!(world.stock("tea").await, (10, 1));

    let other = guest.checkout_with_key(&cart(&[("tea", 2)]), "k-1").await;
    assert_eq!(other.problem(422), "idempotency_mismatch");
    let stranger = world.guest().await;
    let theirs = stranger.checkout_with_key(&cart(&[("tea", 1)]), "k-1").await.expect(200);
    assert_ne!(theirs["orderId"], first["orderId"]);
    let long = "k".repeat(256);
    let answer = guest.checkout_with_key(&cart(&[("tea", 1)]), &long).await;
    assert_eq!(answer.problem(400), "idempotency_key_invalid");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_key_the_same_cart_within_a_minute_is_the_same_order() {
    let world = World::start().await;
    let (guest, other) = (world.guest().await, world.guest().await);
    let first = guest.checkout(&cart(&[("tea", 1), ("cup", 1)])).await.expect(200);
    let again = other.checkout(&cart(&[("cup", 1), ("tea", 1)])).await.expect(200);
    assert_eq!(again["orderId"], first["orderId"]);
    let mut elsewhere = cart(&[("tea", 1), ("cup", 1)]);
    elsewhere["shippingAddress"]["city"] = json!("Paris");
    let elsewhere = guest.checkout(&elsewhere).await.expect(200);
    assert_ne!(elsewhere["orderId"], first["orderId"]);
    world.clock.advance(time::Duration::seconds(61));
    let later = world.guest().await.checkout(&cart(&[("tea", 1), ("cup", 1)])).await.expect(200);
    assert_ne!(later["orderId"], first["orderId"]);
    assert_eq!(world.stock("cup").await, (5, 3));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_buys_the_same_again_after_paying_means_it() {
    let world = World::start().await;
    let guest = world.guest().await;
    let first = guest.checkout(&cart(&[("tea", 1)])).await.expect(200);
    world.payments.at_stripe(order_id(&first), AtStripe::Paid);
    let paid = guest.post("/api/orders/verify", &json!({"sessionId": first["sessionId"]})).await.expect(200);
    assert_eq!(paid["order"]["status"], "paid");
    let second = guest.checkout(&cart(&[("tea", 1)])).await.expect(200);
    assert_ne!(second["orderId"], first["orderId"]);
    let again = guest.checkout(&cart(&[("tea", 1)])).await.expect(200);
    assert_eq!(again["orderId"], second["orderId"], "the second is now the one that is repeated");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_want_the_last_one_one_gets_it() {
    let world = World::start().await;
    world.product("last", "The Last One", 5.00, 1).await;
    let (a, b) = (world.user("ann"), world.user("bob"));
    let body = cart(&[("last", 1)]);
    let (a, b) = tokio::join!(a.checkout(&body), b.checkout(&body));
    let (won, lost) = if a.status == 200 { (a, b) } else { (b, a) };
    won.expect(200);
    assert_eq!(lost.problem(409), "out_of_stock");
    assert_eq!(world.stock("last").await, (1, 1));
    assert_eq!(world.database.number("SELECT count(*) FROM orders").await, 1);
    world.end().await;
}

/// Waits until payment-service was asked for so many Sessions.
async fn asked(world: &World, times: u32) {
    let what = format!("{times} calls of ensure-session");
    eventually(SOON, what, async || world.payments.calls().ensure == times).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_first_call_runs_its_key_is_taken_and_after_the_lease_the_second_goes_on() {
    let world = World::start().await;
    let guest = world.guest().await;
    let gate = world.payments.gate();
    let body = cart(&[("tea", 1)]);
    let first = tokio::spawn({
        let (guest, body) = (guest.clone(), body.clone());
        async move { guest.checkout_with_key(&body, "k-1").await }
    });
    asked(&world, 1).await;
    let second = guest.checkout_with_key(&body, "k-1").await;
    assert_eq!(second.problem(409), "idempotency_in_flight");
    assert_eq!(second.headers["retry-after"], "1");

    world.clock.advance(time::Duration::seconds(61));
    gate.add_permits(2);
    let second = guest.checkout_with_key(&body, "k-1").await.expect(200);
    let first = first.await.unwrap().expect(200);
    assert_eq!(first["orderId"], second["orderId"]);
    assert_eq!(first["sessionId"], second["sessionId"]);
    assert_eq!(world.stock("tea").await, (10, 1));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_hangs_up_finds_its_order_and_session_again() {
    let world = World::start().await;
    let guest = world.guest().await;
    let gate = world.payments.gate();
    let body = cart(&[("tea", 1)]);
    let request = guest.request(reqwest::Method::POST, "/api/orders/checkout");
    let request = request.header("Idempotency-Key", "k-1").json(&body);
    let call = tokio::spawn(request.send());
    asked(&world, 1).await;
    call.abort();
    gate.add_permits(10);
    let saved = "SELECT count(*) FROM idempotency_keys WHERE finished_at IS NOT NULL";
    eventually(SOON, "the call is done without its client", async || world.database.number(saved).await == 1)
        .await;
    let again = guest.checkout_with_key(&body, "k-1").await;
    assert_eq!(again.headers["idempotent-replayed"], "true");
    again.expect(200);
    assert_eq!(world.database.number("SELECT count(*) FROM order_payments").await, 1);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_double_click_is_one_order() {
    let world = World::start().await;
    let guest = world.guest().await;
    let body = cart(&[("tea", 1)]);
    let clicks = futures::future::join_all((0..5).map(|_| guest.checkout(&body))).await;
    let bodies: Vec<_> = clicks.into_iter().map(|answer| answer.expect(200)).collect();
    assert!(bodies.iter().all(|body| body["orderId"] == bodies[0]["orderId"]));
    assert!(bodies.iter().all(|body| body["orderToken"] == bodies[0]["orderToken"]));
    assert_eq!(world.database.number("SELECT count(*) FROM orders").await, 1);
    assert_eq!(world.stock("tea").await, (10, 1));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paid_or_cancelled_order_is_not_checked_out_again() {
    let world = World::start().await;
    let guest = world.guest().await;
    let body = cart(&[("tea", 1)]);
    let first = guest.checkout_with_key(&body, "k-1").await.expect(200);
    world.payments.at_stripe(order_id(&first), AtStripe::Paid);
    assert_eq!(guest.checkout_with_key(&body, "k-1").await.problem(409), "order_already_paid");
    let second = guest.checkout_with_key(&body, "k-2").await.expect(200);
    let owner = guest.with_order_token(second["orderToken"].as_str().unwrap());
    owner.post_empty(&format!("/api/orders/{}/cancel", order_id(&second))).await.expect(200);
    assert_eq!(guest.checkout_with_key(&body, "k-2").await.problem(409), "order_not_payable");
    world.end().await;
}
