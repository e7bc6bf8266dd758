//! The relay's lease passes from a replica that was killed to the other one.

use std::time::Duration;

use test_support::eventually;
use tests_e2e::world::cards;

use super::twins::{Lease, Twins, completion, now};

/// What the contract promises, from the kill to the next holder.
const BOUND_MS: i64 = 20_000;
/// What a lease lives without being renewed; its holder's `expires_at` is never less than this behind its taking.
const LIFETIME_MS: i64 = 15_000;
/// How long the test waits before it gives up.
const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn a_relay_that_is_killed_is_followed_by_the_other_within_20_s() {
    let mut shop = Twins::start().await;
    let database = &shop.world.databases.payments;
    let guest = shop.world.guest();
    let checkout = guest.checkout(&[("mug", 1)]).await;
    shop.world.sandbox.drop_webhooks().await;
    shop.world.sandbox.pay(&checkout.session, cards::PAYS).await;
    assert_eq!(Lease::of_relay(database).await.epoch, 1, "the first replica still holds it");

    let killed = now(database).await;
    shop.world.payments.kill();
    // What happens meanwhile waits in the outbox of whoever is left.
    let there = shop.world.webhook.at(shop.payments.url("/api/payments/webhooks/stripe"));
    there.accept(&completion(&shop.world.sandbox, &checkout.session).await).await;

    let next = eventually(PATIENCE, "the other replica's relay works", async || {
        let lease = Lease::of_relay(database).await;
        if lease.epoch > 1 { Ok(lease) } else { Err(lease) }
    })
    .await;
    // By the database's own times, so that this test's waiting is not measured.
    let took = next.expires - LIFETIME_MS - killed;
    assert!(took < BOUND_MS, "the lease was taken {took} ms after the kill");
    assert_eq!(next.epoch, 2);

    guest.sees(&checkout, "paid", "succeeded").await;
    shop.world.payments.restart().await;
    let mails = vec![format!("order_confirmed {}", checkout.order)];
    shop.world.ending().await.paid_once(&checkout.order, mails);
    assert_eq!(Lease::of_relay(database).await.epoch, 2, "who comes back finds it taken");
}
