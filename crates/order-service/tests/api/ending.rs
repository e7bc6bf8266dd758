//! Verify, by-session, retry, cancel and expiry.

use events::PaymentSuccessful;
use kernel::{OrderId, SystemClock};
use serde_json::json;
use time::Duration;

use crate::support::kafka::event;
use crate::support::{AtStripe, Client, World, cart, order_id};

async fn ordered(world: &World) -> (OrderId, String, Client) {
    let guest = world.guest().await;
    let body = guest.checkout(&cart(&[("tea", 1)])).await.expect(200);
    let session = body["sessionId"].as_str().unwrap().to_owned();
    let owner = guest.with_order_token(body["orderToken"].as_str().unwrap());
    (order_id(&body), session, owner)
}

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

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_retries_agree_on_one_session() {
    let world = World::start().await;
    let (id, session, owner) = ordered(&world).await;
    let path = format!("/api/orders/{id}/retry-session");
    let (a, b) = tokio::join!(owner.post_empty(&path), owner.post_empty(&path));
    assert_eq!(
        (a.expect(200)["sessionId"].clone(), b.expect(200)["sessionId"].clone()),
        (json!(session), json!(session))
    );
    world.payments.at_stripe(id, AtStripe::Expired);
    let (a, b) = tokio::join!(owner.post_empty(&path), owner.post_empty(&path));
    let (a, b) = (a.expect(200), b.expect(200));
    assert_eq!(a["sessionId"], b["sessionId"]);
    assert_ne!(a["sessionId"], json!(session));
    assert_eq!(world.payments.payable(id), 1);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn retry_of_what_is_paid_or_processing_is_409() {
    let world = World::start().await;
    let (id, _, owner) = ordered(&world).await;
    let path = format!("/api/orders/{id}/retry-session");
    world.payments.at_stripe(id, AtStripe::Processing);
    assert_eq!(owner.post_empty(&path).await.problem(409), "payment_processing");
    assert_eq!(owner.post_empty(&path).await.problem(409), "payment_processing");
    world.payments.at_stripe(id, AtStripe::Paid);
    world.payments.hear(id);
    let verify = json!({"sessionId": world.order(id).await["payment"]["sessionId"]});
    owner.post("/api/orders/verify", &verify).await.expect(200);
    assert_eq!(owner.post_empty(&path).await.problem(409), "order_already_paid");
    let cancel = owner.post_empty(&format!("/api/orders/{id}/cancel")).await;
    assert_eq!(cancel.problem(409), "order_already_paid");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_deadline_expires_an_order_and_retry_holds_its_stock_again() {
    let world = World::start().await;
    let (id, session, owner) = ordered(&world).await;
    world.clock.advance(Duration::minutes(41));
    world.until_status(id, "expired").await;
    assert_eq!(world.stock("tea").await, (10, 0));
    assert_eq!(world.payments.payable(id), 0);
    assert_eq!(world.events("order.expired", &id.to_string()).await.len(), 1);

    world.product("tea", "Green Tea", 29.99, 0).await;
    let path = format!("/api/orders/{id}/retry-session");
    assert_eq!(owner.post_empty(&path).await.problem(409), "out_of_stock");
    assert_eq!(world.order(id).await["status"], "expired");

    world.product("tea", "Green Tea", 29.99, 4).await;
    let again = owner.post_empty(&path).await.expect(200);
    assert_ne!(again["sessionId"], json!(session));
    assert_eq!(again["order"]["status"], "pending");
    assert_eq!(world.stock("tea").await, (4, 1));
    assert_eq!(world.payments.last_ensure().generation, 2);
    world.payments.at_stripe(id, AtStripe::Paid);
    let verify = json!({"sessionId": again["sessionId"]});
    owner.post("/api/orders/verify", &verify).await.expect(200);
    assert_eq!(world.order(id).await["status"], "paid");
    assert_eq!(world.stock("tea").await, (3, 0));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_replicas_expire_every_order_once() {
    let world = World::start().await;
    let replica = world.replica().await;
    let mut orders = Vec::new();
    for n in 0..5 {
        let body = world.user(&format!("user-{n}")).checkout(&cart(&[("tea", 2)])).await.expect(200);
        orders.push(order_id(&body));
    }
    assert_eq!(world.stock("tea").await, (10, 10));
    world.clock.advance(Duration::minutes(41));
    for id in orders {
        world.until_status(id, "expired").await;
        assert_eq!(world.events("order.expired", &id.to_string()).await.len(), 1);
    }
    assert_eq!(world.database.number("SELECT count(*) FROM order_history WHERE action = 'expired'").await, 5);
    assert_eq!(world.stock("tea").await, (10, 0));
    replica.cancel();
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_was_paid_at_the_deadline_is_settled() {
    let world = World::start().await;
    let (id, _, _) = ordered(&world).await;
    world.payments.at_stripe(id, AtStripe::Paid);
    world.clock.advance(Duration::minutes(41));
    world.until_status(id, "paid").await;
    assert!(world.events("order.expired", &id.to_string()).await.is_empty());
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_processing_payment_keeps_an_order_past_its_deadline() {
    let world = World::start().await;
    let (id, _, owner) = ordered(&world).await;
    world.payments.at_stripe(id, AtStripe::Processing);
    world.clock.advance(Duration::minutes(41));
    let order = world.until(id, |order| order["paymentStatus"] == "processing").await;
    assert_eq!(order["status"], "pending");
    assert_eq!(world.stock("tea").await, (10, 1));
    let retry = owner.post_empty(&format!("/api/orders/{id}/retry-session")).await;
    assert_eq!(retry.problem(409), "order_not_payable");
    world.payments.at_stripe(id, AtStripe::Failed);
    world.clock.advance(Duration::minutes(1));
    world.until_status(id, "expired").await;
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_order_is_cancelled_twice() {
    let world = World::start().await;
    let (id, _, owner) = ordered(&world).await;
    let path = format!("/api/orders/{id}/cancel");
    let first = owner.post_empty(&path).await.expect(200);
    assert_eq!(first["status"], "cancelled");
    assert_eq!(first["paymentStatus"], "expired");
    let second = owner.post_empty(&path).await.expect(200);
    assert_eq!(second, first);
    assert_eq!(world.events("order.cancelled", &id.to_string()).await.len(), 1);
    assert_eq!(world.stock("tea").await, (10, 0));
    let retry = owner.post_empty(&format!("/api/orders/{id}/retry-session")).await;
    assert_eq!(retry.problem(409), "order_not_payable");
    let body = cart(&[("tea", 1)]);
    let anew = world.guest().await.checkout(&body).await.expect(200);
    assert_ne!(order_id(&anew), id, "the same cart after a cancel is a new order");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancel_is_202_until_stripe_has_spoken() {
    let world = World::start().await;
    let (id, _, owner) = ordered(&world).await;
    let path = format!("/api/orders/{id}/cancel");
    world.payments.down(true);
    let closing = owner.post_empty(&path).await;
    assert_eq!((closing.status, &closing.body["status"]), (202, &json!("pending")));
    assert_eq!(world.stock("tea").await, (10, 1));
    world.payments.down(false);
    world.clock.advance(Duration::seconds(5));
    world.until_status(id, "cancelled").await;
    assert_eq!(world.stock("tea").await, (10, 0));

    let (id, _, owner) = ordered(&world).await;
    world.payments.close_unknown(2);
    let path = format!("/api/orders/{id}/cancel");
    assert_eq!(owner.post_empty(&path).await.status, 202);
    assert_eq!(owner.post_empty(&path).await.status, 202);
    owner.post_empty(&path).await.expect(200);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancel_that_races_a_payment_ends_paid() {
    let world = World::start().await;
    let (id, _, owner) = ordered(&world).await;
    world.payments.at_stripe(id, AtStripe::Paid);
    let answer = owner.post_empty(&format!("/api/orders/{id}/cancel")).await;
    assert_eq!(answer.problem(409), "order_already_paid");
    let order = world.order(id).await;
    assert_eq!((&order["status"], &order["paymentStatus"]), (&json!("paid"), &json!("succeeded")));
    assert_eq!(world.stock("tea").await, (9, 0));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cancel_and_retry_at_once_leave_nothing_to_pay_on_a_cancelled_order() {
    let world = World::start().await;
    for _ in 0..5 {
        let guest = world.guest().await;
        let mut body = cart(&[("cup", 1)]);
        body["guest"]["email"] = json!(format!("{}@example.com", test_support::unique("g")));
        let body = guest.checkout(&body).await.expect(200);
        let id = order_id(&body);
        let owner = guest.with_order_token(body["orderToken"].as_str().unwrap());
        world.payments.at_stripe(id, AtStripe::Expired);
        let (cancel, retry) = (format!("/api/orders/{id}/cancel"), format!("/api/orders/{id}/retry-session"));
        let (cancelled, _) = tokio::join!(owner.post_empty(&cancel), owner.post_empty(&retry));
        assert!([200, 202].contains(&cancelled.status), "{:#}", cancelled.body);
        world.clock.advance(Duration::seconds(5));
        world.until_status(id, "cancelled").await;
        assert_eq!(world.payments.payable(id), 0);
    }
    assert_eq!(world.stock("cup").await, (5, 0));
    world.end().await;
}
