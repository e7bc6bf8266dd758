//! What payment-service, or somebody else, answers to a close, and what becomes of the order.

use kernel::OrderId;
use serde_json::json;
use test_support::eventually;
use time::Duration;

use crate::support::world::SOON;
use crate::support::{AtStripe, Client, World, cart, order_id, ordered};

async fn cancel(owner: &Client, id: OrderId) -> u16 {
    owner.post_empty(&format!("/api/orders/{id}/cancel")).await.status
}

/// How often history has this action of an order.
async fn noted(world: &World, id: OrderId, action: &str) -> i64 {
    let sql = format!("SELECT count(*) FROM order_history WHERE order_id = '{id}' AND action = '{action}'");
    world.database.number(&sql).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_404_of_anybody_ends_no_order() {
    let world = World::start().await;
    for body in ["<html>404</html>", "{}", r#"{"code":"not_found","retryable":false}"#] {
        let (id, _, owner) = ordered(&world).await;
        world.payments.misrouted(Some(body));
        let before = world.payments.calls().close;
        assert_eq!(cancel(&owner, id).await, 202, "{body}");
        world.clock.advance(Duration::seconds(10));
        eventually(SOON, "the worker asks again", async || world.payments.calls().close > before + 1).await;
        let order = world.order(id).await;
        assert_eq!(order["status"], "pending", "{body}");
        assert_eq!(world.stock("tea").await, (10, 1), "{body}");
        assert_eq!(world.payments.payable(id), 1);

        world.payments.misrouted(None);
        world.clock.advance(Duration::seconds(10));
        world.until_status(id, "cancelled").await;
        assert_eq!(world.payments.payable(id), 0);
    }
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_payment_services_own_not_found_is_one() {
    let world = World::start().await;
    let (_, session, _) = ordered(&world).await;
    let page = world.guest().await;
    world.payments.misrouted(Some("<html>404</html>"));
    let by_session = page.get("/api/orders/by-session/cs_test_none").await;
    assert_eq!(by_session.problem(503), "service_unavailable");
    let verify = page.post("/api/orders/verify", &json!({"sessionId": session})).await;
    assert_eq!(verify.problem(503), "service_unavailable");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_whose_session_was_never_begun_is_closed_for_good() {
    let world = World::start().await;
    let guest = world.guest().await;
    world.payments.down(true);
    let answer = guest.checkout_with_key(&cart(&[("tea", 1)]), "k-1").await;
    let id: OrderId = answer.body["orderId"].as_str().unwrap().parse().unwrap();
    world.payments.down(false);
    assert_eq!(cancel(&world.admin(), id).await, 200);
    assert_eq!(world.stock("tea").await, (10, 0));
    assert_eq!(guest.checkout_with_key(&cart(&[("tea", 1)]), "k-1").await.problem(409), "order_not_payable");
    assert_eq!(world.payments.payable(id), 0);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn paid_over_another_amount_is_not_tried_again_and_does_not_close_for_ever() {
    let world = World::start().await;
    let (id, session, owner) = ordered(&world).await;
    world.payments.captures(id, 1);
    world.payments.at_stripe(id, AtStripe::Paid);
    owner.post("/api/orders/verify", &json!({"sessionId": session})).await.expect(200);
    assert_eq!(world.order(id).await["status"], "pending");
    let retry = owner.post_empty(&format!("/api/orders/{id}/retry-session")).await;
    assert_eq!(retry.problem(409), "order_not_payable");
    world.clock.advance(Duration::minutes(47));
    world.until_status(id, "expired").await;
    assert_eq!(world.stock("tea").await, (10, 0));
    assert_eq!(world.payments.calls().close, 1);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn paid_with_money_that_goes_back_does_not_close_for_ever() {
    let world = World::start().await;
    let (id, _, owner) = ordered(&world).await;
    world.payments.at_stripe(id, AtStripe::Paid);
    let payment = world.payments.published(id).remove(0).payment_id;
    world
        .execute(&format!(
            "INSERT INTO refund_requests (id, order_id, payment_id, reason, amount, currency, created_at) \
             VALUES ('{id}', '{id}', '{payment}', 'late', 2999, 'usd', now())"
        ))
        .await;
    assert_eq!(cancel(&owner, id).await, 200);
    let order = world.order(id).await;
    assert_eq!((&order["status"], &order["paymentStatus"]), (&json!("cancelled"), &json!("succeeded")));
    assert_eq!(world.stock("tea").await, (10, 0));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_order_whose_late_money_goes_back_is_not_tried_again() {
    let world = World::start().await;
    let (id, _, owner) = ordered(&world).await;
    world.clock.advance(Duration::minutes(47));
    world.until_status(id, "expired").await;
    world.product("tea", "Green Tea", 29.99, 0).await;
    world.payments.at_stripe(id, AtStripe::Paid);
    let paid = world.payments.hear(id).remove(0);
    world
        .publisher
        .send(&crate::support::kafka::event(events::PaymentSuccessful {
            payment: paid,
            payment_method: "card".to_owned(),
            receipt_url: None,
        }))
        .await;
    world.until(id, |order| order["paymentStatus"] == "succeeded").await;
    assert_eq!(world.events("order.refund_requested", &id.to_string()).await.len(), 1);

    world.product("tea", "Green Tea", 29.99, 10).await;
    let asked = world.payments.calls().ensure;
    let retry = owner.post_empty(&format!("/api/orders/{id}/retry-session")).await;
    assert_eq!(retry.problem(409), "order_not_payable");
    assert_eq!(world.order(id).await["status"], "expired");
    assert_eq!(world.stock("tea").await, (10, 0));
    assert_eq!(world.payments.calls().ensure, asked);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_generation_that_was_forgotten_is_taken_over() {
    let world = World::start().await;
    let (id, _, owner) = ordered(&world).await;
    world.payments.knows_generation(id, 7);
    assert_eq!(cancel(&owner, id).await, 202);
    world.clock.advance(Duration::seconds(10));
    world.until_status(id, "cancelled").await;
    assert_eq!(noted(&world, id, "generation_adopted").await, 1);
    assert_eq!(world.database.number(&format!("SELECT generation FROM orders WHERE id = '{id}'")).await, 7);
    assert_eq!(world.payments.payable(id), 0);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_service_that_hangs_is_asked_about_a_few_orders_at_once_and_about_each_once() {
    let world = World::start().await;
    let mut orders = Vec::new();
    for n in 0..10 {
        let body = world.user(&format!("user-{n}")).checkout(&cart(&[("tea", 1)])).await.expect(200);
        orders.push(order_id(&body));
    }
    let gate = world.payments.close_gate();
    world.clock.advance(Duration::minutes(47));
    eventually(SOON, "eight orders are asked about", async || world.payments.calls().close == 8).await;
    gate.add_permits(1);
    eventually(SOON, "the next one has its turn", async || world.payments.calls().close == 9).await;
    let ended = "SELECT count(*) FROM orders WHERE status = 'expired'";
    eventually(SOON, "one has expired", async || world.database.number(ended).await == 1).await;
    gate.add_permits(100);
    for id in &orders {
        world.until_status(*id, "expired").await;
        assert_eq!(noted(&world, *id, "expired").await, 1);
    }
    assert_eq!(world.payments.calls().close, 10);
    world.end().await;
}
