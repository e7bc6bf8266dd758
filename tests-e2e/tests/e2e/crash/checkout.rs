//! Faults 1 to 4: a checkout is killed on its way, and the customer tries again.

use test_support::eventually;

use tests_e2e::world::{SOON, World};

use super::{CART, SESSIONS, a_key, again, pays_once, sessions, shop};

#[tokio::test]
async fn fault_01_a_checkout_killed_before_its_commit_has_not_happened() {
    let mut world = shop().await;
    world.orders.arm("checkout.before_commit").await;
    let (guest, key) = (world.guest(), a_key());
    guest.checkout_under(&key, CART).await.expect_err("it ends before it answers");
    world.orders.crashed().await;
    world.orders.restart().await;

    assert_eq!(guest.available("mug").await, 100);
    for table in ["orders", "order_history", "outbox", "idempotency_keys"] {
        let rows = world.databases.orders.number(&format!("SELECT count(*) FROM {table}")).await;
        assert_eq!(rows, 0, "{table}");
    }
    assert_eq!(world.sandbox.calls("POST", SESSIONS).await, 0);
    let checkout = again(&guest, &key).await;
    pays_once(&world, &guest, &checkout).await;
}

#[tokio::test]
async fn fault_01_an_attempt_killed_before_its_commit_never_reached_stripe() {
    let mut world = shop().await;
    world.payments.arm("attempt.before_commit").await;
    let (guest, key) = (world.guest(), a_key());
    refused(&world, &key, &guest).await;
    world.payments.crashed().await;
    for table in ["purchases", "payments", "stripe_requests", "outbox"] {
        let rows = world.databases.payments.number(&format!("SELECT count(*) FROM {table}")).await;
        assert_eq!(rows, 0, "{table}");
    }
    assert_eq!(world.sandbox.calls("POST", SESSIONS).await, 0);

    world.payments.restart().await;
    let checkout = again(&guest, &key).await;
    pays_once(&world, &guest, &checkout).await;
}

#[tokio::test]
async fn fault_02_an_attempt_killed_before_stripe_is_sent_as_it_was_stored() {
    let mut world = shop().await;
    world.payments.arm("attempt.stored").await;
    let (guest, key) = (world.guest(), a_key());
    refused(&world, &key, &guest).await;
    world.payments.crashed().await;
    assert_eq!(world.sandbox.calls("POST", SESSIONS).await, 0);
    let stored = stored_call(&world).await;

    world.payments.restart().await;
    // Nobody asks for it: the service goes on by itself.
    eventually(SOON, "the Session is made", async || sessions(&world).await.len() == 1).await;
    let checkout = again(&guest, &key).await;
    assert_eq!(sessions(&world).await, [checkout.session.as_str()]);
    assert_all(&world, &stored).await;
    pays_once(&world, &guest, &checkout).await;
}

#[tokio::test]
async fn fault_03_an_attempt_killed_after_stripes_answer_has_that_session() {
    let mut world = shop().await;
    world.payments.arm("attempt.answered").await;
    let (guest, key) = (world.guest(), a_key());
    refused(&world, &key, &guest).await;
    world.payments.crashed().await;
    let made = sessions(&world).await;
    assert_eq!(made.len(), 1, "Stripe has made it");
    let unknown = "SELECT count(*) FROM payments WHERE session_id IS NULL";
    assert_eq!(world.databases.payments.number(unknown).await, 1, "and we do not know it");
    let stored = stored_call(&world).await;

    world.payments.restart().await;
    let checkout = again(&guest, &key).await;
    assert_eq!(made, [checkout.session.as_str()]);
    assert!(world.sandbox.calls("POST", SESSIONS).await > 1, "it was sent again");
    assert_all(&world, &stored).await;
    pays_once(&world, &guest, &checkout).await;
}

#[tokio::test]
async fn fault_04_a_checkout_killed_before_its_answer_is_answered_the_same_session() {
    let mut world = shop().await;
    world.orders.arm("checkout.before_response").await;
    let (guest, key) = (world.guest(), a_key());
    guest.checkout_under(&key, CART).await.expect_err("it ends before it answers");
    world.orders.crashed().await;
    let made = sessions(&world).await;
    assert_eq!(made.len(), 1);

    world.orders.restart().await;
    let checkout = again(&guest, &key).await;
    assert_eq!(made, [checkout.session.as_str()]);
    assert_eq!(world.sandbox.calls("POST", SESSIONS).await, 1, "Stripe was not asked for another");
    pays_once(&world, &guest, &checkout).await;
}

#[tokio::test]
async fn fault_04_an_attempt_killed_when_it_is_saved_is_answered_the_same_session() {
    let mut world = shop().await;
    world.payments.arm("attempt.saved").await;
    let (guest, key) = (world.guest(), a_key());
    refused(&world, &key, &guest).await;
    world.payments.crashed().await;
    let made = sessions(&world).await;

    world.payments.restart().await;
    let checkout = again(&guest, &key).await;
    assert_eq!(made, [checkout.session.as_str()]);
    assert_eq!(world.sandbox.calls("POST", SESSIONS).await, 1, "Stripe was not asked for another");
    pays_once(&world, &guest, &checkout).await;
}

/// A checkout at which payment-service ends: the customer is told to try again, and order-service has the order.
async fn refused(world: &World, key: &str, guest: &tests_e2e::world::Shopper) {
    let (status, answer) = guest.checkout_under(key, CART).await.expect("an answer");
    assert!(status.is_server_error() && answer["retryable"] == true, "{status} {answer}");
    let pending = "SELECT count(*) FROM orders WHERE status = 'pending'";
    assert_eq!(world.databases.orders.number(pending).await, 1);
}

/// Key and body of the one call that is to be made.
async fn stored_call(world: &World) -> (String, String) {
    let column = |name: &str| format!("SELECT {name} FROM stripe_requests WHERE state = 'pending'");
    let keys = world.databases.payments.texts(&column("id")).await;
    let bodies = world.databases.payments.texts(&column("body")).await;
    assert_eq!(keys.len(), 1);
    (keys[0].clone(), bodies[0].clone())
}

/// However often it was sent: always under this key, and byte for byte the same.
async fn assert_all(world: &World, stored: &(String, String)) {
    for call in world.sandbox.asked("POST", SESSIONS).await {
        assert_eq!(call, *stored);
    }
}
