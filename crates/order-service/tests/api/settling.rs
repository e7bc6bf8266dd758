//! Events in any order and number, late money and excess money.

use events::{
    Envelope, PaymentCreated, PaymentEvent, PaymentExpired, PaymentFailed, PaymentSnapshot, PaymentSuccessful,
};
use kernel::{Clock, OrderId, SystemClock};
use serde_json::{Value, json};

use crate::support::kafka::event;
use crate::support::{AtStripe, World, cart, order_id};

/// The event payment-service publishes of a snapshot.
fn of(payment: PaymentSnapshot) -> Envelope<PaymentEvent> {
    let retryable = true;
    match payment.status.as_str() {
        "succeeded" => {
            event(PaymentSuccessful { payment, payment_method: "card".to_owned(), receipt_url: None })
        }
        "expired" => event(PaymentExpired { payment }),
        "open" if payment.declines == 0 => event(PaymentCreated {
            payment,
            url: Some("https://pay.example/x".to_owned()),
            expires_at: SystemClock.now() + time::Duration::minutes(31),
            shipping_address: None,
        }),
        _ => event(PaymentFailed { payment, reason: "declined".to_owned(), decline_code: None, retryable }),
    }
}

fn permutations<T: Clone>(items: &[T]) -> Vec<Vec<T>> {
    if items.is_empty() {
        return vec![Vec::new()];
    }
    (0..items.len())
        .flat_map(|first| {
            let mut rest = items.to_vec();
            let head = rest.remove(first);
            permutations(&rest).into_iter().map(move |mut tail| {
                tail.insert(0, head.clone());
                tail
            })
        })
        .collect()
}

fn line() -> events::LineItem {
    events::LineItem {
        product_id: Some("tea".parse().unwrap()),
        name: "Green Tea".to_owned(),
        quantity: 1,
        price: "29.99".parse().unwrap(),
        unit_amount: 2999,
        image: None,
    }
}

/// What has to be the same whatever came first.
fn essence(order: &Value) -> Value {
    json!([
        order["status"],
        order["paymentStatus"],
        order["amount"],
        order["payment"]["status"],
        order["payment"]["attempts"],
        order["payment"]["method"],
        order["sequence"]
    ])
}

#[tokio::test(flavor = "multi_thread")]
async fn fault_32_every_permutation_of_created_declined_succeeded_makes_the_same_order() {
    let world = World::start().await;
    world.product("tea", "Green Tea", 29.99, 100).await;
    let mut sent = 0;
    let mut orders = Vec::new();
    for permutation in permutations(&[0, 1, 2]) {
        let id = OrderId::generate(&SystemClock);
        let created = world.payments.direct(id, "guest", vec![line()], 2999);
        world.payments.at_stripe(id, AtStripe::Declined);
        let declined = world.payments.hear(id).remove(0);
        world.payments.at_stripe(id, AtStripe::Paid);
        let paid = world.payments.hear(id).remove(0);
        let all = [of(created), of(declined.clone()), of(paid)];
        // One after the other is really consumed, and one of them again as another event.
        for index in permutation {
            world.publisher.send(&all[index]).await;
            sent += 1;
            world.consumed(sent).await;
        }
        world.publisher.send(&of(declined)).await;
        sent += 1;
        world.consumed(sent).await;
        orders.push(id);
    }
    let first = essence(&world.order(orders[0]).await);
    assert_eq!(first, json!(["paid", "succeeded", 2999, "succeeded", 1, "card", 2]));
    for id in &orders[1..] {
        assert_eq!(essence(&world.order(*id).await), first);
        assert_eq!(world.events("order.paid", &id.to_string()).await.len(), 1);
    }
    assert_eq!(world.stock("tea").await, (94, 0));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_with_the_inbox_purged_changes_nothing() {
    let world = World::start().await;
    let body = world.guest().await.checkout(&cart(&[("tea", 1)])).await.expect(200);
    let id = order_id(&body);
    world.payments.at_stripe(id, AtStripe::Paid);
    world.payments.hear(id);
    let all: Vec<_> = world.payments.published(id).into_iter().map(of).collect();
    for event in &all {
        world.publisher.send(event).await;
    }
    world.until_status(id, "paid").await;
    world.consumed(2).await;
    let before = world.order(id).await;
    let connection = world.database.connection();
    sea_orm::ConnectionTrait::execute_unprepared(connection, "DELETE FROM inbox").await.unwrap();
    for event in all.iter().rev() {
        world.publisher.send(event).await;
    }
    world.consumed(2).await;
    assert_eq!(world.order(id).await, before);
    assert_eq!(world.events("order.paid", &id.to_string()).await.len(), 1);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fault_34_late_money_revives_a_cancelled_order_if_its_goods_are_there() {
    let world = World::start().await;
    let guest = world.guest().await;
    let body = guest.checkout(&cart(&[("tea", 2)])).await.expect(200);
    let id = order_id(&body);
    let guest = guest.with_order_token(body["orderToken"].as_str().unwrap());
    let cancelled = guest.post_empty(&format!("/api/orders/{id}/cancel")).await.expect(200);
    assert_eq!(cancelled["status"], "cancelled");
    assert_eq!(world.stock("tea").await, (10, 0));

    world.payments.at_stripe(id, AtStripe::Paid);
    let late = of(world.payments.hear(id).remove(0));
    world.publisher.send(&late).await;
    let order = world.until_status(id, "paid").await;
    assert_eq!(order["paymentStatus"], "succeeded");
    assert_eq!(world.stock("tea").await, (8, 0));
    assert!(world.events("order.refund_requested", &id.to_string()).await.is_empty());
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fault_34_late_money_goes_back_once_if_the_goods_are_gone() {
    let world = World::start().await;
    world.product("last", "The Last One", 5.00, 1).await;
    let guest = world.guest().await;
    let body = guest.checkout(&cart(&[("last", 1), ("tea", 1)])).await.expect(200);
    let id = order_id(&body);
    let guest = guest.with_order_token(body["orderToken"].as_str().unwrap());
    guest.post_empty(&format!("/api/orders/{id}/cancel")).await.expect(200);
    world.user("ann").checkout(&cart(&[("last", 1)])).await.expect(200);

    world.payments.at_stripe(id, AtStripe::Paid);
    let payment = world.payments.hear(id).remove(0);
    let payment_id = payment.payment_id;
    let late = of(payment);
    world.publisher.send(&late).await;
    world.publisher.send(&late).await;
    let order = world.until(id, |order| order["paymentStatus"] == "succeeded").await;
    assert_eq!(order["status"], "cancelled");
    // All or none: the tea that is there was not taken either.
    assert_eq!(world.stock("tea").await, (10, 0));
    let requests = world.events("order.refund_requested", &id.to_string()).await;
    assert_eq!(requests.len(), 1);
    let data = &requests[0]["data"];
    assert_eq!((&data["reason"], &data["amount"]), (&json!("late"), &json!(3499)));
    assert_eq!(data["paymentId"], payment_id.to_string());
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fault_34_a_second_success_of_an_order_is_excess() {
    let world = World::start().await;
    let guest = world.guest().await;
    let body = guest.checkout(&cart(&[("tea", 1)])).await.expect(200);
    let id = order_id(&body);
    let guest = guest.with_order_token(body["orderToken"].as_str().unwrap());
    world.payments.at_stripe(id, AtStripe::Expired);
    let first = world.payments.hear(id).remove(0);
    world.publisher.send(&of(first.clone())).await;
    world.until(id, |order| order["paymentStatus"] == "expired").await;
    guest.post_empty(&format!("/api/orders/{id}/retry-session")).await.expect(200);
    world.payments.at_stripe(id, AtStripe::Paid);
    let second = world.payments.hear(id).remove(0);
    world.publisher.send(&of(second)).await;
    let paid = world.until_status(id, "paid").await;
    assert_eq!(paid["payment"]["attempts"], 2);

    let again =
        PaymentSnapshot { status: "succeeded".to_owned(), sequence: first.sequence + 1, ..first.clone() };
    world.publisher.send(&of(again)).await;
    world.consumed(3).await;
    let requests = world.events("order.refund_requested", &id.to_string()).await;
    assert_eq!(requests.len(), 1);
    assert_eq!(requests[0]["data"]["reason"], "excess");
    assert_eq!(requests[0]["data"]["paymentId"], first.payment_id.to_string());
    assert_eq!(world.stock("tea").await, (9, 0));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_session_does_not_expire_the_order() {
    let world = World::start().await;
    let body = world.guest().await.checkout(&cart(&[("tea", 1)])).await.expect(200);
    let id = order_id(&body);
    world.payments.at_stripe(id, AtStripe::Expired);
    let expired = world.payments.hear(id).remove(0);
    world.publisher.send(&of(expired)).await;
    let order = world.until(id, |order| order["paymentStatus"] == "expired").await;
    assert_eq!(order["status"], "pending");
    assert_eq!(world.stock("tea").await, (10, 1));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_direct_purchase_without_stock_is_cancelled_and_its_money_goes_back() {
    let world = World::start().await;
    world.product("tea", "Green Tea", 29.99, 0).await;
    let id = OrderId::generate(&SystemClock);
    let created = world.payments.direct(id, "guest", vec![line()], 2999);
    world.publisher.send(&of(created)).await;
    world.until_status(id, "pending").await;
    world.payments.at_stripe(id, AtStripe::Paid);
    let paid = world.payments.hear(id).remove(0);
    world.publisher.send(&of(paid)).await;
    world.until_status(id, "cancelled").await;
    let requests = world.events("order.refund_requested", &id.to_string()).await;
    assert_eq!(requests.len(), 1);
    assert_eq!(requests[0]["data"]["reason"], "cancelled");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_concurrent_duplicates_have_one_effect() {
    let world = World::start().await;
    let body = world.guest().await.checkout(&cart(&[("tea", 1)])).await.expect(200);
    let id = order_id(&body);
    world.payments.at_stripe(id, AtStripe::Paid);
    let payment = world.payments.hear(id).remove(0);
    let same = of(payment.clone());
    // Half of them are one event again and again, half are other events of the same fact.
    let copies: Vec<_> =
        (0..100).map(|n| if n % 2 == 0 { same.clone() } else { of(payment.clone()) }).collect();
    futures::future::join_all(copies.iter().map(|event| world.publisher.send(event))).await;
    world.until_status(id, "paid").await;
    world.consumed(51).await;
    assert_eq!(world.events("order.paid", &id.to_string()).await.len(), 1);
    assert_eq!(world.stock("tea").await, (9, 0));
    world.end().await;
}
