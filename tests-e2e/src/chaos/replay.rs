//! Everything once more: all messages, and all webhooks. Nothing may change, also where no inbox remembers.

use std::time::Duration;

use serde_json::Value;
use test_support::{Received, read_to_end};
use tokio::time::{Instant, sleep};

use super::evidence::{Evidence, Tables};
use super::kafka::{caught_up, publish};
use super::quiet::drained;
use super::shop::Shop;
use super::{invariants, servers::Servers};

const LOOK: Duration = Duration::from_millis(300);
/// How long deliveries and consumers may take.
const PATIENCE: Duration = Duration::from_secs(90);

/// What a replay changed, or why it did not come to its end.
pub async fn replay(shop: &Shop, servers: &Servers, quiet: Duration) -> Result<Vec<String>, Vec<String>> {
    // Webhooks that were lost tell nothing new, but they have not been told yet.
    let lost = |event: &&Value| !is_delivered(event);
    for event in shop.sandbox.fates().await.iter().filter(lost) {
        shop.sandbox.redeliver(event).await;
    }
    settle(shop, servers, quiet).await?;
    let messages = read_to_end(&servers.brokers(), &shop.topics.names()).await;
    let before = Tables::read(shop).await;

    for event in shop.sandbox.fates().await {
        shop.sandbox.redeliver(&event).await;
    }
    again(shop, servers, &messages, quiet).await?;
    let mut wrong = Tables::read(shop).await.changes_since(&before, &[]);
    let seen = Evidence { logs: shop.fleet.logs().await, ..Evidence::default() };
    wrong.extend(invariants::applied_twice(&seen));

    for (_, database) in shop.databases.all() {
        database.texts("DELETE FROM inbox RETURNING event_id::text").await;
    }
    again(shop, servers, &messages, quiet).await?;
    let forgotten = Tables::read(shop).await.changes_since(&before, &["/inbox"]);
    wrong.extend(forgotten.into_iter().map(|change| format!("without inbox: {change}")));
    Ok(wrong)
}

async fn again(
    shop: &Shop,
    servers: &Servers,
    messages: &[Received],
    quiet: Duration,
) -> Result<(), Vec<String>> {
    publish(&servers.brokers(), messages).await;
    settle(shop, servers, quiet).await
}

/// Until every group has committed all there is on its topics.
pub async fn consumed(shop: &Shop, servers: &Servers) -> Result<(), Vec<String>> {
    let until = Instant::now() + PATIENCE;
    loop {
        match caught_up(&servers.brokers(), &shop.topics).await {
            Err(_) if Instant::now() < until => sleep(LOOK).await,
            result => return result,
        }
    }
}

/// Until every webhook is delivered, every message consumed and nothing left to do.
async fn settle(shop: &Shop, servers: &Servers, quiet: Duration) -> Result<(), Vec<String>> {
    let until = Instant::now() + PATIENCE;
    loop {
        let open = shop.sandbox.fates().await.iter().filter(|event| !is_delivered(event)).count();
        let behind = caught_up(&servers.brokers(), &shop.topics).await;
        let mut left = behind.err().unwrap_or_default();
        if open > 0 {
            left.push(format!("{open} webhooks are not delivered"));
        }
        if left.is_empty() {
            return drained(shop, Instant::now(), quiet).await.map(drop);
        }
        if Instant::now() > until {
            return Err(left);
        }
        sleep(LOOK).await;
    }
}

fn is_delivered(event: &Value) -> bool {
    let deliveries = event["deliveries"].as_array().map_or(&[][..], Vec::as_slice);
    deliveries.iter().all(|delivery| delivery["delivered"] == true)
}
