//! Publishing: order, and one relay at a time.

use std::collections::BTreeMap;
use std::time::Duration;

use kernel::{Clock, SystemClock};
use messaging::RelayConfig;
use sea_orm::ConnectionTrait;
use test_support::{Received, eventually};
use tokio::time::Instant;

use crate::world::{SOON, World, happened, writer};

/// The `n` by key, as they lie on the topic.
fn by_key(read: &[Received]) -> BTreeMap<String, Vec<i64>> {
    let mut found: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    for message in read {
        let n = message.json()["data"]["n"].as_i64().unwrap();
        found.entry(message.key.clone().unwrap()).or_default().push(n);
    }
    found
}

fn is_in_order(read: &[Received], keys: usize, each: i64) {
    let found = by_key(read);
    assert_eq!(found.len(), keys);
    for (key, numbers) in found {
        assert_eq!(numbers, (1..=each).collect::<Vec<_>>(), "{key}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn events_of_a_key_keep_their_order_and_leave_the_outbox() {
    let world = World::new(3).await;
    let relay = world.relay();
    for n in 1..=50 {
        let events: Vec<_> = (0..20).map(|key| happened(&format!("k{key}"), n)).collect();
        world.publish(&events).await;
    }
    world.outbox_is_empty().await;
    is_in_order(&world.on_topic("order.paid").await, 20, 50);
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_relays_one_works_and_the_other_takes_over_when_it_ends() {
    let world = World::new(3).await;
    let first = world.relay();
    world.publish(&[happened("k", 1)]).await;
    world.outbox_is_empty().await;
    let twin = world.replica().await;
    let second = twin.relay();
    for n in 2..=30 {
        world.publish(&[happened("k", n)]).await;
    }
    world.outbox_is_empty().await;
    let epochs = "SELECT epoch FROM leases WHERE name = 'relay'";
    assert_eq!(world.test_db.number(epochs).await, 1, "the first still holds it");
    let stopped = Instant::now();
    first.stop().await;
    world.publish(&[happened("k", 31)]).await;
    world.outbox_is_empty().await;
    assert!(
        stopped.elapsed() < Duration::from_secs(10),
        "the lease was given back, not waited for: {:?}",
        stopped.elapsed()
    );
    assert_eq!(world.test_db.number(epochs).await, 2);
    is_in_order(&world.on_topic("order.paid").await, 1, 31);
    second.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wake_up_is_enough_without_polling() {
    let world = World::new(1).await;
    let config = RelayConfig { poll_interval: Duration::from_secs(3600), ..RelayConfig::default() };
    let relay = world.relay_with(config);
    // Whatever it does at its start is over when this has arrived.
    world.publish(&[happened("k", 1)]).await;
    world.outbox_is_empty().await;
    for n in 2..=5 {
        world.publish(&[happened("k", n)]).await;
        world.outbox_is_empty().await;
    }
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_written_on_the_replica_without_the_lease_is_published_by_a_wake_up() {
    let world = World::new(1).await;
    let never = || RelayConfig { poll_interval: Duration::from_secs(3600), ..RelayConfig::default() };
    let first = world.relay_with(never());
    world.publish(&[happened("k", 1)]).await;
    world.outbox_is_empty().await;
    let twin = world.replica().await;
    let second = twin.relay_with(never());
    for n in 2..=20 {
        // Nothing but a notification of the database's tells the first relay.
        twin.publish(&[happened("k", n)]).await;
        world.outbox_is_empty().await;
    }
    assert_eq!(world.test_db.number("SELECT epoch FROM leases").await, 1, "the first held it all the time");
    is_in_order(&world.on_topic("order.paid").await, 1, 20);
    first.stop().await;
    second.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fault_08_a_crash_between_acknowledgement_and_deletion_has_no_second_effect() {
    let world = World::new(1).await;
    let consumer = world.consumer(writer("one"));
    crate::world::append(&world.db, &world.writer, &[happened("k", 1), happened("k", 2)]).await;
    let copy = "CREATE TABLE kept AS SELECT * FROM outbox";
    world.db.execute_unprepared(copy).await.unwrap();
    let relay = world.relay();
    world.outbox_is_empty().await;
    world.effects(2).await;
    // The rows are still there, as they would be after the crash.
    let back = "INSERT INTO outbox SELECT * FROM kept";
    world.db.execute_unprepared(back).await.unwrap();
    world.publish(&[happened("k", 3)]).await;
    world.outbox_is_empty().await;
    world.effects(3).await;
    assert_eq!(world.on_topic("order.paid").await.len(), 5);
    assert_eq!(world.order_of_effects("k").await, [1, 2, 3]);
    consumer.stop().await;
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_is_killed_is_followed_when_its_lease_has_run_out() {
    let world = World::new(1).await;
    let first = world.relay();
    world.publish(&[happened("k", 1)]).await;
    world.outbox_is_empty().await;
    first.kill().await;
    world.publish(&[happened("k", 2)]).await;
    let second = world.relay();
    eventually(SOON, "the second epoch", async || {
        world.test_db.number("SELECT epoch FROM leases").await == 2
    })
    .await;
    world.outbox_is_empty().await;
    is_in_order(&world.on_topic("order.paid").await, 1, 2);
    second.stop().await;
}

/// A message that is sent may wait ten seconds for its acknowledgement: so long before the lease ends nothing is sent.
#[tokio::test(flavor = "multi_thread")]
async fn fault_28_a_relay_that_cannot_renew_its_lease_sends_nothing_at_its_end() {
    let world = World::new(1).await;
    let relay = world.relay();
    world.publish(&[happened("k", 1)]).await;
    world.outbox_is_empty().await;
    let refuse = "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$; \
                  CREATE TRIGGER refuse BEFORE UPDATE ON leases FOR EACH ROW EXECUTE FUNCTION refuse()";
    world.db.execute_unprepared(refuse).await.unwrap();
    let left = async || {
        let expires_at = world.test_db.number("SELECT expires_at FROM leases").await;
        expires_at - SystemClock.now().unix_timestamp() * 1_000
    };
    eventually(SOON, "less than ten seconds are left", async || left().await < 9_000).await;
    world.publish(&[happened("k", 2)]).await;
    eventually(SOON, "the lease has run out", async || left().await < -1_000).await;
    assert_eq!(world.on_topic("order.paid").await.len(), 1, "nothing more was sent");
    world.counts("outbox", 1).await;
    world.db.execute_unprepared("DROP TRIGGER refuse ON leases").await.unwrap();
    world.outbox_is_empty().await;
    is_in_order(&world.on_topic("order.paid").await, 1, 2);
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fault_28_a_relay_that_was_robbed_of_its_lease_clears_nothing_away() {
    let world = World::new(1).await;
    let relay = world.relay();
    world.publish(&[happened("k", 1)]).await;
    world.outbox_is_empty().await;
    // It has just renewed, and will not look at the lease for a while.
    let renewed = async || world.test_db.number("SELECT expires_at FROM leases").await;
    let before = renewed().await;
    eventually(SOON, "the lease is renewed", async || renewed().await != before).await;
    // As after a pause of the whole process that was longer than the lease.
    let rob = "UPDATE leases SET epoch = epoch + 1, expires_at = expires_at + 3600000";
    world.db.execute_unprepared(rob).await.unwrap();
    world.publish(&[happened("k", 2)]).await;
    eventually(SOON, "it is sent, by a relay that does not know yet", async || {
        world.on_topic("order.paid").await.len() > 1
    })
    .await;
    world.counts("outbox", 1).await;
    let sent = world.on_topic("order.paid").await.len();
    assert_eq!(sent, 2, "it knows after the first");
    let give_back = "UPDATE leases SET expires_at = 0";
    world.db.execute_unprepared(give_back).await.unwrap();
    world.outbox_is_empty().await;
    relay.stop().await;
}
