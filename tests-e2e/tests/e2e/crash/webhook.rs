//! Faults 5 to 7: payment-service is killed on its way through a webhook.

use serde_json::Value;

use tests_e2e::world::{Checkout, Shopper, World, text};

use super::{CART, ends_paid_once, paid_unheard, shop};

/// An open Session that was paid, of which payment-service has not heard and will end at `point` when it does.
async fn paid_at(point: &str) -> (World, Shopper, Checkout, Value) {
    let mut world = shop().await;
    let guest = world.guest();
    let checkout = guest.checkout(CART).await;
    world.payments.arm(point).await;
    let event = paid_unheard(&world, &checkout).await;
    (world, guest, checkout, event)
}

async fn killed_by(world: &mut World, event: &Value) {
    world.webhook.try_deliver(event).await.expect_err("it ends before it answers");
    world.payments.crashed().await;
}

/// Neither the webhook nor anything it does.
async fn assert_unheard(world: &World, event: &Value) {
    let payments = &world.databases.payments;
    let rows = format!("SELECT count(*) FROM stripe_events WHERE id = '{}'", text(&event["id"]));
    assert_eq!(payments.number(&rows).await, 0, "the webhook");
    assert_eq!(payments.texts("SELECT status FROM payments").await, ["open"]);
    assert_eq!(payments.number("SELECT count(*) FROM payment_history").await, 1, "created, and no more");
    assert_eq!(payments.number("SELECT count(*) FROM outbox WHERE topic = 'payment.successful'").await, 0);
}

#[tokio::test]
async fn fault_05_a_webhook_killed_before_its_commit_is_not_acknowledged_and_comes_again() {
    let (mut world, guest, checkout, event) = paid_at("webhook.before_commit").await;
    killed_by(&mut world, &event).await;
    assert_unheard(&world, &event).await;

    // Stripe sends it until it is taken, also while nobody is there.
    world.sandbox.faults(&serde_json::json!({})).await;
    world.sandbox.redeliver(&event).await;
    world.payments.restart().await;
    ends_paid_once(&world, &guest, &checkout).await;
}

#[tokio::test]
async fn fault_06_a_webhook_killed_after_its_commit_is_taken_and_changes_nothing_when_it_comes_again() {
    let (mut world, guest, checkout, event) = paid_at("webhook.committed").await;
    killed_by(&mut world, &event).await;
    let payments = &world.databases.payments;
    let state = format!("SELECT state FROM stripe_events WHERE id = '{}'", text(&event["id"]));
    assert_eq!(
        payments.texts(&state).await,
        ["processed"],
        "it is in the database, and Stripe does not know"
    );
    let steps = "SELECT count(*) FROM payment_history";
    assert_eq!(payments.number(steps).await, 2);

    world.payments.restart().await;
    for _ in 0..2 {
        world.webhook.accept(&event).await;
    }
    assert_eq!(world.databases.payments.number(steps).await, 2, "created and succeeded, and no more");
    ends_paid_once(&world, &guest, &checkout).await;
}

#[tokio::test]
async fn fault_07_marker_and_effect_of_a_webhook_roll_back_together() {
    let (mut world, guest, checkout, event) = paid_at("webhook.stored").await;
    killed_by(&mut world, &event).await;
    assert_unheard(&world, &event).await;

    world.payments.arm("webhook.applied").await;
    killed_by(&mut world, &event).await;
    assert_unheard(&world, &event).await;

    world.payments.restart().await;
    world.webhook.accept(&event).await;
    ends_paid_once(&world, &guest, &checkout).await;
}
