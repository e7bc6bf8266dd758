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
    let before = Lease::of_relay(database).await;

    let killed = now(database).await;
    shop.world.payments.kill();
    // What happens meanwhile waits in the outbox of whoever is left.
    let there = shop.world.webhook.at(shop.payments.url("/api/payments/webhooks/stripe"));
    there.accept(&completion(&shop.world.sandbox, &checkout.session).await).await;

    let (next, seen) = eventually(PATIENCE, "the other replica's relay works", async || {
        let lease = Lease::of_relay(database).await;
        if lease.epoch > before.epoch { Ok((lease, now(database).await)) } else { Err(lease) }
    })
    .await;
    // By the database's own times: it was taken before it was seen, and no later than the renewal that is seen.
    let took = seen.min(next.expires - LIFETIME_MS) - killed;
    assert!(took < BOUND_MS, "the lease was taken {took} ms after the kill");

    guest.sees(&checkout, "paid", "succeeded").await;
    shop.world.payments.restart().await;
    let mails = vec![format!("order_confirmed {}", checkout.order)];
    shop.world.ending().await.paid_once(&checkout.order, mails);
}
