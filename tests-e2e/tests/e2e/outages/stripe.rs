//! Stripe hangs, and what has nothing to do with it goes on.

use std::time::Duration;

use futures::future::join_all;
use serde_json::json;
use test_support::{Gate, eventually};
use tests_e2e::world::{World, cards};

use super::{RECOVERY, checks_out};

/// More than the pool has connections.
const CHECKOUTS: usize = 6;

/// A world whose payment-service reaches Stripe by `gate`, and whose services have three connections each to their
/// databases.
async fn behind(gate: &Gate) -> World {
    World::with(|_, service| {
        let service = service.env("DATABASE_MAX_CONNECTIONS", "3");
        match service.value("STRIPE_API_BASE") {
            Some(url) => {
                let url = gate.in_front_of(url);
                service.env("STRIPE_API_BASE", url).env("STRIPE_TIMEOUT", "15s")
            }
            None => service,
        }
    })
    .await
}

#[tokio::test]
async fn fault_42_while_stripe_hangs_webhooks_and_reads_go_on_and_no_transaction_is_held() {
    let gate = Gate::new();
    let world = behind(&gate).await;
    let guest = world.guest();
    let paid = guest.checkout(&[("mug", 1)]).await;
    world.sandbox.drop_webhooks().await;
    world.sandbox.pay(&paid.session, cards::PAYS).await;
    let event = world.sandbox.events(&["checkout.session.completed"]).await.remove(0);

    gate.hang().await;
    assert!(gate.connections() < CHECKOUTS, "{}", gate.connections());
    let waiting: Vec<_> = (0..CHECKOUTS)
        .map(|_| {
            let guest = world.guest();
            tokio::spawn(async move { guest.patient().try_checkout("card", &[("poster", 1)]).await })
        })
        .collect();
    eventually(RECOVERY, "all of them wait for Stripe", async || {
        let now = gate.connections();
        if now >= CHECKOUTS { Ok(()) } else { Err(now) }
    })
    .await;
    world.webhook.accept(&event).await;
    guest.sees(&paid, "paid", "succeeded").await;
    let held =
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in%'";
    for (service, database) in world.databases.all() {
        // Long before the calls come to their deadline.
        eventually(Duration::from_secs(5), format!("{service} holds no transaction"), async || {
            database.number(held).await == 0
        })
        .await;
    }
    let first = join_all(waiting).await;
    for answer in first {
        let (status, body) = answer.unwrap();
        assert_eq!(status, 503, "{body}");
        let known = ["outcome_unknown", "payment_provider_unavailable", "service_unavailable"];
        assert!(known.map(|code| json!(code)).contains(&body["code"]), "{body}");
    }
    let breaker = "Stripe does not answer: not calling it for a moment";
    eventually(RECOVERY, "the breaker opens", async || world.payments.log().contains(breaker)).await;
    gate.open().await;
    let checkout = checks_out(&guest, &[("poster", 2)]).await;
    world.sandbox.pay(&checkout.session, cards::PAYS).await;
    let event = world.sandbox.events_of(&checkout.session, &["checkout.session.completed"]).await.remove(0);
    world.webhook.accept(&event).await;
    guest.sees(&checkout, "paid", "succeeded").await;
    let ending = world.ending().await;
    assert_eq!(ending.captures.len(), 2);
    assert_eq!(world.sandbox.sessions().await.len(), 2 + CHECKOUTS, "one for each order, none twice");
}
