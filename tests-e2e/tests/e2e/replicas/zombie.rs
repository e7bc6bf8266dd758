//! A relay that was stopped for longer than its lease, and goes on as if nothing had happened.

use std::collections::BTreeMap;
use std::time::Duration;

use test_support::{Received, brokers, eventually, read_to_end};
use tests_e2e::world::{SOON, World};

use super::twins::{Lease, Twins, told};

/// A lease's lifetime and some more.
const PATIENCE: Duration = Duration::from_secs(90);
const PRODUCTS: [&str; 3] = ["mug", "poster", "rare"];
const LOST: &str = "the lease is lost";

#[tokio::test]
async fn fault_28_of_two_relays_one_publishes_and_order_holds_when_the_other_comes_back() {
    let shop = Twins::start().await;
    let (world, database) = (&shop.world, &shop.world.databases.orders);
    let first = &world.orders;
    let mut round = 0;
    for _ in 0..20 {
        update(&shop, &mut round).await;
    }
    let before = Lease::of_relay(database).await;

    first.freeze();
    eventually(PATIENCE, "the other relay works", async || {
        update(&shop, &mut round).await;
        let lease = Lease::of_relay(database).await;
        if lease.epoch > before.epoch { Ok(()) } else { Err(lease) }
    })
    .await;
    for _ in 0..20 {
        update(&shop, &mut round).await;
    }
    let losses = told(first, LOST);
    first.thaw();
    // More work while it still takes itself for the holder, and after it knows better.
    eventually(PATIENCE, "the first relay knows", async || {
        update(&shop, &mut round).await;
        told(first, LOST) > losses
    })
    .await;
    let known = round;
    for _ in 0..20 {
        update(&shop, &mut round).await;
    }

    eventually(SOON, "everything is published", async || {
        match database.number("SELECT count(*) FROM outbox").await {
            0 => Ok(()),
            rows => Err(rows),
        }
    })
    .await;
    let published = read_to_end(&brokers(), &[world.topic("product.updated")]).await;
    for (product, copies) in sequences(&published) {
        let mut first_copies = Vec::new();
        for sequence in &copies {
            if !first_copies.contains(sequence) {
                first_copies.push(*sequence);
            }
        }
        // `product.created` was the first of each.
        assert_eq!(first_copies, (2..=round + 1).collect::<Vec<_>>(), "{product}: lost or out of order");
        let late: Vec<i64> = copies.into_iter().filter(|sequence| *sequence > known + 1).collect();
        assert_eq!(late, (known + 2..=round + 1).collect::<Vec<_>>(), "{product}: two relays publish");
    }
    drained(world).await;
}

/// One more change of every product, by the replica that goes on.
async fn update(shop: &Twins, round: &mut i64) {
    *round += 1;
    for product in PRODUCTS {
        shop.world.set_product(&shop.orders, product, 1000 + *round, 100).await;
    }
}

/// The sequences of every product, as they lie on its partition.
fn sequences(published: &[Received]) -> BTreeMap<String, Vec<i64>> {
    let mut found: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    for message in published {
        let sequence = message.json()["data"]["sequence"].as_i64().unwrap();
        found.entry(message.key.clone().unwrap()).or_default().push(sequence);
    }
    found
}

async fn drained(world: &World) {
    let ending = world.ending().await;
    assert!(ending.captures.is_empty() && ending.mails.is_empty(), "{ending:?}");
}
