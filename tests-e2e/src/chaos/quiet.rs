//! After the last fault: waits until nothing is left to do, for as long as the design allows.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::shop::Shop;
use super::{CLAIMED, HOLD};

const LOOK: Duration = Duration::from_millis(500);

/// What has to be nothing within the bound of the design, by service.
const WORK: [(&str, &str, &str); 7] = [
    ("order-service", "events in the outbox", "SELECT count(*) FROM outbox"),
    ("payment-service", "events in the outbox", "SELECT count(*) FROM outbox"),
    ("payment-service", "webhooks that wait", "SELECT count(*) FROM stripe_events WHERE state = 'pending'"),
    (
        "payment-service",
        "calls to Stripe that wait",
        "SELECT count(*) FROM stripe_requests WHERE state = 'pending'",
    ),
    ("payment-service", "refunds that wait", "SELECT count(*) FROM refund_requests WHERE state = 'pending'"),
    (
        "payment-service",
        "purchases that are being closed",
        "SELECT count(*) FROM purchases WHERE close_due IS NOT NULL",
    ),
    ("notification-service", "mails that wait", "SELECT count(*) FROM notifications WHERE state = 'pending'"),
];
/// An order ends when its time is over. Whoever was ending one when it was killed has claimed it for a while.
const ENDING: (&str, &str, &str) = (
    "order-service",
    "orders that are ending",
    "SELECT count(*) FROM orders WHERE closing IS NOT NULL \
     OR (status = 'pending' AND hold_until < now() + interval '5 minutes')",
);

/// Waits for two looks at Stripe's books, one after the other, that leave nothing: the second began after the last
/// fault.
pub async fn reconciled(shop: &Shop, until: Instant) -> Result<(), String> {
    let ended = async || {
        let measured = shop.fleet.measured("reconcile_last_success_seconds").await;
        measured.into_values().max().unwrap_or_default()
    };
    let mut last = ended().await;
    for _ in 0..2 {
        loop {
            let now = ended().await;
            if now > last {
                last = now;
                break;
            }
            if Instant::now() > until {
                return Err("payment-service did not find itself at one with Stripe's books".to_owned());
            }
            sleep(LOOK).await;
        }
    }
    Ok(())
}

/// How long it took since `start`, or what was left when a bound was over.
pub async fn drained(shop: &Shop, start: Instant, bound: Duration) -> Result<Duration, Vec<String>> {
    let first = wait(start + bound, async || left(shop, &WORK).await).await;
    let ended = wait(start + bound + HOLD + CLAIMED, async || left(shop, &[ENDING]).await).await;
    // What an order's end has set going has the same time from then on.
    let last = wait(Instant::now() + bound, async || left(shop, &WORK).await).await;
    let all: Vec<String> = [first, ended, last].into_iter().flatten().flatten().collect();
    if all.is_empty() { Ok(start.elapsed()) } else { Err(all) }
}

async fn wait(until: Instant, mut left: impl AsyncFnMut() -> Vec<String>) -> Option<Vec<String>> {
    loop {
        let left = left().await;
        if left.is_empty() {
            return None;
        }
        if Instant::now() > until {
            return Some(left);
        }
        sleep(LOOK).await;
    }
}

async fn left(shop: &Shop, work: &[(&str, &str, &str)]) -> Vec<String> {
    let mut left = Vec::new();
    for (name, database) in shop.databases.all() {
        for (_, what, sql) in work.iter().filter(|(service, ..)| *service == name) {
            let count = database.number(sql).await;
            if count > 0 {
                left.push(format!("{name}: {count} {what}"));
            }
        }
    }
    left
}
