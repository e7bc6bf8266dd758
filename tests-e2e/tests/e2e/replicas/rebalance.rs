//! Partitions change hands while their messages are being applied.

use futures::future::join_all;
use serde_json::Value;
use test_support::eventually;
use tests_e2e::world::{Checkout, SOON, Shopper, Webhook, World, cards};

use super::twins::{completion, told};

const REVOKED: &str = "partitions revoked";

#[tokio::test]
async fn fault_23_a_rebalance_in_mid_batch_is_two_runs_and_one_effect() {
    let mut world = World::start().await;
    world.sandbox.drop_webhooks().await;
    let mut bought = buy(&world, world.orders.url(""), 6).await;

    // The only consumer has a batch in hand and stands still in the middle of it.
    let held = world.databases.orders.hold("SELECT id FROM orders FOR UPDATE").await;
    deliver(&world.webhook, &completions(&world, &bought).await).await;
    eventually(SOON, "the consumer is in mid-batch", async || world.databases.orders.waiting().await > 0)
        .await;
    let before = told(&world.orders, REVOKED);
    let second = world.orders.again().start().await;
    eventually(SOON, "its partitions are taken away", async || told(&world.orders, REVOKED) > before).await;
    held.release().await;
    for (guest, checkout) in &bought {
        guest.sees(checkout, "paid", "succeeded").await;
    }

    // Replicas leave and come, politely and not, while more of it arrives.
    let webhook = world.webhook.clone();
    let more = buy(&world, second.url(""), 6).await;
    let events = completions(&world, &more).await;
    let (status, ()) = tokio::join!(world.orders.terminate(), deliver(&webhook, &events));
    assert!(status.success(), "{}", world.orders.log());
    bought.extend(more);
    world.orders.restart().await;
    let more = buy(&world, second.url(""), 6).await;
    let events = completions(&world, &more).await;
    tokio::join!(deliver(&webhook, &events), async { world.orders.kill() });
    bought.extend(more);
    world.orders.restart().await;

    for (guest, checkout) in &bought {
        guest.sees(checkout, "paid", "succeeded").await;
    }
    let ending = world.ending().await;
    let transitions =
        "SELECT from_status || ' ' || to_status FROM order_history WHERE from_status <> to_status";
    assert_eq!(world.databases.orders.texts(transitions).await, ["pending paid"; 18]);
    assert_eq!(ending.events["order.paid"], 18, "however often a killed relay had to send them");
    assert_eq!(ending.captures.len(), 18);
    let mut mails: Vec<String> =
        bought.iter().map(|(_, checkout)| format!("order_confirmed {}", checkout.order)).collect();
    mails.sort();
    assert_eq!(ending.mails, mails);
    assert_eq!(world.guest().available("mug").await, 100 - 18);
}

/// Somebody else each time, who has paid what nobody has been told of yet.
async fn buy(world: &World, base: String, count: usize) -> Vec<(Shopper, Checkout)> {
    let purchases = (0..count).map(async |_| {
        let guest = Shopper::guest(base.clone());
        let checkout = guest.checkout(&[("mug", 1)]).await;
        world.sandbox.pay(&checkout.session, cards::PAYS).await;
        (guest, checkout)
    });
    join_all(purchases).await
}

async fn completions(world: &World, bought: &[(Shopper, Checkout)]) -> Vec<Value> {
    join_all(bought.iter().map(|(_, checkout)| completion(&world.sandbox, &checkout.session))).await
}

async fn deliver(webhook: &Webhook, events: &[Value]) {
    join_all(events.iter().map(|event| webhook.accept(event))).await;
}
