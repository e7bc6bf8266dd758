//! The success page: verify and by-session.

use events::PaymentSuccessful;
use kernel::{OrderId, SystemClock};
use serde_json::json;
use time::Duration;

use crate::support::kafka::event;
use crate::support::{AtStripe, World, ordered};

#[tokio::test(flavor = "multi_thread")]
async fn verify_alone_makes_the_order_paid_with_one_read() {
    let world = World::start().await;
    let (id, session, _) = ordered(&world).await;
    let page = world.guest().await;
    let body = json!({"sessionId": session});
    let unpaid = page.post("/api/orders/verify", &body).await.expect(200);
    assert_eq!((&unpaid["success"], &unpaid["paymentStatus"]), (&json!(true), &json!("pending")));
    assert_eq!(unpaid["order"]["email"], json!(null));
    assert_eq!(unpaid.get("orderToken"), None);

    world.payments.at_stripe(id, AtStripe::Paid);
    let reads = world.payments.calls().refresh;
    let paid = page.post("/api/orders/verify", &body).await.expect(200);
    assert_eq!(paid["paymentStatus"], "succeeded");
    assert_eq!(paid["order"]["status"], "paid");
    assert_eq!(world.payments.calls().refresh, reads + 1);

    let by_mail = json!({"sessionId": session, "guestEmail": "ADA@example.com"});
    let own = page.post("/api/orders/verify", &by_mail).await.expect(200);
    assert_eq!(own["order"]["email"], "ada@example.com");
    let token = own["orderToken"].as_str().unwrap();
    page.with_order_token(token).get(&format!("/api/orders/{id}")).await.expect(200);
    assert_eq!(world.payments.calls().refresh, reads + 1, "a settled order needs no read");

    let other = json!({"sessionId": session, "guestEmail": "eve@example.com"});
    let other = page.post("/api/orders/verify", &other).await.expect(200);
    assert_eq!((other.get("orderToken"), &other["order"]["email"]), (None, &json!(null)));

    // The webhook's event comes after all, and changes nothing but what only it knows.
    let late = event(PaymentSuccessful {
        payment: world.payments.published(id).remove(1),
        payment_method: "card".to_owned(),
        receipt_url: None,
    });
    world.publisher.send(&late).await;
    world.consumed(1).await;
    assert_eq!(world.events("order.paid", &id.to_string()).await.len(), 1);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn verify_of_an_old_unpaid_session_is_gone_but_a_paid_one_is_not() {
    let world = World::start_with(&[("SESSION_MAX_AGE", "10m"), ("HOLD_DURATION", "5h")]).await;
    let (id, session, _) = ordered(&world).await;
    let page = world.guest().await;
    world.clock.advance(Duration::minutes(11));
    let body = json!({"sessionId": session});
    let answer = page.post("/api/orders/verify", &body).await;
    assert_eq!(answer.problem(410), "session_too_old");
    world.payments.at_stripe(id, AtStripe::Paid);
    let paid = page.post("/api/orders/verify", &body).await.expect(200);
    assert_eq!(paid["paymentStatus"], "succeeded");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_session_is_404_and_a_strange_one_422() {
    let world = World::start().await;
    let page = world.guest().await;
    let unknown = page.post("/api/orders/verify", &json!({"sessionId": "cs_test_none"})).await;
    assert_eq!(unknown.problem(404), "not_found");
    for body in [json!({}), json!({"sessionId": "a b"}), json!({"sessionId": "x".repeat(256)})] {
        assert_eq!(page.post("/api/orders/verify", &body).await.pointers(), ["/sessionId"]);
    }
    let bad = json!({"sessionId": "cs_test_none", "guestEmail": "nobody"});
    assert_eq!(page.post("/api/orders/verify", &bad).await.pointers(), ["/guestEmail"]);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn by_session_asks_payment_service_before_the_event_has_come() {
    let world = World::start().await;
    let id = OrderId::generate(&SystemClock);
    let line = events::LineItem {
        product_id: Some("tea".parse().unwrap()),
        name: "Green Tea".to_owned(),
        quantity: 1,
        price: "29.99".parse().unwrap(),
        unit_amount: 2999,
        image: None,
    };
    let payment = world.payments.direct(id, "guest", vec![line], 2999);
    let path = format!("/api/orders/by-session/{}", payment.session_id.unwrap());
    let seen = world.guest().await.get(&path).await.expect(200);
    assert_eq!(seen["id"], id.to_string());
    assert_eq!((&seen["status"], &seen["amount"]), (&json!("pending"), &json!(2999)));
    for hidden in ["email", "user", "shippingAddress"] {
        assert_eq!(seen[hidden], json!(null), "{hidden}");
    }
    let full = world.admin().get(&path).await.expect(200);
    assert_eq!(full["email"], "direct@example.com");
    assert_eq!(world.payments.calls().by_session, 1);
    let none = world.guest().await.get("/api/orders/by-session/cs_test_none").await;
    assert_eq!(none.problem(404), "not_found");
    let strange = world.guest().await.get("/api/orders/by-session/a.b").await;
    assert_eq!(strange.body["detail"], none.body["detail"]);
    strange.problem(404);
    world.end().await;
}
