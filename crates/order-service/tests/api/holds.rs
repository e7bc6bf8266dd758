//! How long stock is held: longer than any Session that can be paid.

use events::{PaymentCreated, PaymentFailed};
use kernel::{Clock, OrderId, SystemClock};
use time::Duration;

use crate::support::kafka::event;
use crate::support::{AtStripe, World, ordered};

/// How much longer than its newest Session an order is held, to the second.
async fn margin(world: &World, id: OrderId) -> Duration {
    world.hold_until(id).await - world.payments.session_end(id)
}

fn is_ten_minutes(margin: Duration) -> bool {
    (margin - Duration::minutes(10)).abs() <= Duration::seconds(2)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_checkout_is_held_ten_minutes_longer_than_its_session() {
    let world = World::start().await;
    let (id, ..) = ordered(&world).await;
    let margin = margin(&world, id).await;
    assert!(is_ten_minutes(margin), "{margin}");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retry_after_a_session_whose_end_was_not_heard_of_extends_the_hold() {
    let world = World::start().await;
    let (id, _, owner) = ordered(&world).await;
    world.clock.advance(Duration::minutes(38));
    owner.post_empty(&format!("/api/orders/{id}/retry-session")).await.expect(200);
    assert!(world.hold_until(id).await > world.clock.now() + Duration::minutes(40));
    assert_eq!(world.payments.payable(id), 1);
    let margin = margin(&world, id).await;
    assert!(is_ten_minutes(margin), "{margin}");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_ends_later_than_was_thought_extends_the_hold() {
    let world = World::start().await;
    let (id, _, owner) = ordered(&world).await;
    world.clock.advance(Duration::minutes(20));
    // Ended early, which only payment-service finds out, while it is asked for a page to pay on.
    world.payments.at_stripe(id, AtStripe::Expired);
    owner.post_empty(&format!("/api/orders/{id}/retry-session")).await.expect(200);
    let margin = margin(&world, id).await;
    assert!(is_ten_minutes(margin), "{margin}");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_short_hold_ends_orders_before_their_sessions_on_purpose() {
    let world = World::start_with(&[("HOLD_DURATION", "2m")]).await;
    let (id, ..) = ordered(&world).await;
    world.clock.advance(Duration::minutes(3));
    world.until_status(id, "expired").await;
    assert_eq!(world.payments.payable(id), 0, "closed at Stripe first");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_made_from_a_later_event_is_held_beyond_its_session_once_that_is_known() {
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
    let created = world.payments.direct(id, "guest", vec![line], 2999);
    world.payments.at_stripe(id, AtStripe::Declined);
    let payment = world.payments.hear(id).remove(0);
    let reason = "declined".to_owned();
    world
        .publisher
        .send(&event(PaymentFailed { payment, reason, decline_code: None, retryable: true }))
        .await;
    world.until_status(id, "pending").await;
    let before = world.hold_until(id).await;

    let expires_at = SystemClock.now() + Duration::hours(3);
    let created = PaymentCreated { payment: created, url: None, expires_at, shipping_address: None };
    world.publisher.send(&event(created)).await;
    world.consumed(2).await;
    let after = world.hold_until(id).await;
    assert!(before < expires_at, "{before}");
    assert!(is_ten_minutes(after - expires_at), "{after}");
    world.end().await;
}
