//! Retry, cancel and expiry.

use serde_json::json;
use time::Duration;

use crate::support::{AtStripe, World, cart, order_id, ordered};

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
    world.clock.advance(Duration::minutes(47));
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
    world.clock.advance(Duration::minutes(47));
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
    world.clock.advance(Duration::minutes(47));
    world.until_status(id, "paid").await;
    assert!(world.events("order.expired", &id.to_string()).await.is_empty());
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_processing_payment_keeps_an_order_past_its_deadline() {
    let world = World::start().await;
    let (id, _, owner) = ordered(&world).await;
    world.payments.at_stripe(id, AtStripe::Processing);
    world.clock.advance(Duration::minutes(47));
    let order = world.until(id, |order| order["paymentStatus"] == "processing").await;
    assert_eq!(order["status"], "pending");
    assert_eq!(world.stock("tea").await, (10, 1));
    let retry = owner.post_empty(&format!("/api/orders/{id}/retry-session")).await;
    assert_eq!(retry.problem(409), "order_not_payable");
    world.payments.at_stripe(id, AtStripe::Failed);
    world.clock.advance(Duration::minutes(3));
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
