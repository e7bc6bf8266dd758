//! How many webhooks and checkouts the real processes take. Measured, not asserted.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a program that tells figures")]

use std::time::{Duration, Instant};

use futures::StreamExt;
use futures::stream::iter;
use serde_json::Value;
use tests_e2e::world::{Shopper, World, cards};

const WEBHOOKS: usize = 1000;
const CHECKOUTS: usize = 200;
/// How many are on their way at the same time.
const AT_ONCE: usize = 8;

#[tokio::main]
async fn main() {
    let world = World::start().await;
    world.set_product(&world.orders, "mug", 1250, 1_000_000).await;
    let fsync = world.databases.orders.texts("SELECT current_setting('fsync')").await.remove(0);
    println!("\nReal processes, {AT_ONCE} calls at once; PostgreSQL with fsync={fsync}:\n");
    println!("| call | calls | per second | p50 | p99 |");
    println!("|---|---|---|---|---|");
    webhooks(&world).await;
    checkouts(&world).await;
}

/// Events of their own each, about one purchase: each is checked, stored and applied.
async fn webhooks(world: &World) {
    let guest = world.guest();
    let checkout = guest.checkout(&[("mug", 1)]).await;
    world.sandbox.drop_webhooks().await;
    world.sandbox.pay(&checkout.session, cards::PAYS).await;
    let event = world.sandbox.events_of(&checkout.session, &["payment_intent.succeeded"]).await.remove(0);
    let events: Vec<Value> = (0..WEBHOOKS)
        .map(|n| {
            let mut event = event.clone();
            event["id"] = format!("evt_bench_{n}").into();
            event
        })
        .collect();
    tell("webhook accepted", &events, async |event| world.webhook.accept(event).await).await;
}

/// Customers of their own each; the price is checked, stock held, and a Session opened at Stripe's double.
async fn checkouts(world: &World) {
    let guests: Vec<Shopper> = (0..CHECKOUTS).map(|_| world.guest()).collect();
    tell("checkout", &guests, async |guest| {
        guest.checkout(&[("mug", 1)]).await;
    })
    .await;
}

async fn tell<T>(name: &str, items: &[T], call: impl AsyncFn(&T)) {
    let began = Instant::now();
    let calls = items.iter().map(|item| async {
        let began = Instant::now();
        call(item).await;
        began.elapsed()
    });
    let mut took: Vec<Duration> = iter(calls).buffer_unordered(AT_ONCE).collect().await;
    let all = began.elapsed();
    took.sort();
    let per_second = took.len() as u128 * 1000 / all.as_millis().max(1);
    let [p50, p99] = [50, 99].map(|share| took[(took.len() * share).div_ceil(100) - 1].as_millis());
    println!("| {name} | {} | {per_second} | {p50} ms | {p99} ms |", took.len());
}
