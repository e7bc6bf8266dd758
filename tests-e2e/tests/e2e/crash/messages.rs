//! Faults 8 to 10: the relay is killed between the broker and its own table, a consumer between its database and the
//! broker.

use test_support::{brokers, eventually, read_to_end};

use tests_e2e::world::{Checkout, SOON, Shopper, World};

use super::{CART, ends_paid_once, paid_unheard, shop};

/// An open Session, and nothing left to do: what happens from here on is what the customer's payment does.
async fn checked_out() -> (World, Shopper, Checkout) {
    let world = shop().await;
    let guest = world.guest();
    let checkout = guest.checkout(CART).await;
    world.ending().await;
    (world, guest, checkout)
}

async fn message_ids(world: &World, topic: &str) -> Vec<String> {
    let messages = read_to_end(&brokers(), &[world.topic(topic)]).await;
    messages.into_iter().map(|mut message| message.headers.remove("ce_id").unwrap()).collect()
}

#[tokio::test]
async fn fault_08_a_relay_killed_before_it_clears_away_sends_the_same_event_again() {
    let (mut world, guest, checkout) = checked_out().await;
    let event = paid_unheard(&world, &checkout).await;
    world.payments.arm("relay.acked").await;
    // The relay may be faster than the answer.
    let _ = world.webhook.try_deliver(&event).await;
    world.payments.crashed().await;
    assert_eq!(message_ids(&world, "payment.successful").await.len(), 1, "the broker has it");
    let waiting = "SELECT count(*) FROM outbox WHERE topic = 'payment.successful'";
    assert_eq!(world.databases.payments.number(waiting).await, 1, "and nobody knows");

    world.payments.restart().await;
    let ending = ends_paid_once(&world, &guest, &checkout).await;
    assert_eq!(ending.published["payment.successful"], 2);
    let ids = message_ids(&world, "payment.successful").await;
    assert!(ids.len() == 2 && ids[0] == ids[1], "{ids:?}");
}

#[tokio::test]
async fn fault_09_a_message_killed_before_its_commit_is_applied_again() {
    let (mut world, guest, checkout) = checked_out().await;
    // In order, so that the offsets of all messages before are committed.
    world.orders.arm("consumer.before_commit").await;
    let event = paid_unheard(&world, &checkout).await;
    world.webhook.accept(&event).await;
    world.orders.crashed().await;
    let orders = &world.databases.orders;
    let seen = "SELECT count(*) FROM inbox WHERE topic = 'payment.successful'";
    assert_eq!(orders.number(seen).await, 0);
    assert_eq!(orders.texts("SELECT status FROM orders").await, ["pending"]);
    assert_eq!(orders.number("SELECT count(*) FROM outbox").await, 0);

    world.orders.restart().await;
    let ending = ends_paid_once(&world, &guest, &checkout).await;
    assert_eq!(world.databases.orders.number(seen).await, 1);
    assert_eq!(ending.published["payment.successful"], 1);
}

#[tokio::test]
async fn fault_10_a_message_killed_after_its_commit_comes_again_and_is_skipped() {
    let (mut world, guest, checkout) = checked_out().await;
    world.orders.arm("consumer.committed").await;
    let event = paid_unheard(&world, &checkout).await;
    world.webhook.accept(&event).await;
    world.orders.crashed().await;
    let paid = "SELECT count(*) FROM order_history WHERE action = 'paid'";
    assert_eq!(world.databases.orders.number(paid).await, 1, "it is applied, and the broker does not know");

    world.orders.restart().await;
    let id = message_ids(&world, "payment.successful").await.remove(0);
    eventually(SOON, "it comes again", async || {
        world.orders.log().lines().any(|line| line.contains("duplicate skipped") && line.contains(&id))
    })
    .await;
    ends_paid_once(&world, &guest, &checkout).await;
    assert_eq!(world.databases.orders.number(paid).await, 1);
}
