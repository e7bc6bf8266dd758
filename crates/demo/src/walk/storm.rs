//! The same webhooks a hundred times at once: one effect.

use serde_json::json;

use super::Walk;
use super::purchase::expect;

const VISA: &str = "4242424242424242";
/// Besides the true delivery.
const COPIES: u64 = 99;

pub(super) async fn walk(walk: &Walk<'_>) -> anyhow::Result<()> {
    let purchase = walk.checkout("katherine@example.com").await?;
    walk.stage("from now on the sandbox sends every webhook 100 times at once");
    let set = walk.director.set_deliveries(json!({ "duplicate": COPIES })).await?;
    walk.timeline.check("the switch is on", set.ok());
    let paid = purchase.pay(VISA).await?;
    walk.timeline.check("Stripe's page takes the card", paid.ok());
    purchase.becomes("paid", "succeeded").await;
    walk.soon("all 100 copies of checkout.session.completed arrived and were taken", async || {
        let seen = deliveries(walk, &purchase.session).await.map_err(|error| format!("{error:#}"))?;
        // One that is told to come again is sent again.
        expect(&(seen.0.min(COPIES + 1), seen.1), &(COPIES + 1, true))
    })
    .await;
    purchase.events("payment.successful", 1).await;
    purchase.events("order.paid", 1).await;
    purchase.mails("is confirmed", 1).await;
    purchase.captured_once().await?;
    walk.director.set_deliveries(json!({})).await?;
    Ok(())
}

/// How often the Session's completion was sent, and whether it was taken.
async fn deliveries(walk: &Walk<'_>, session: &str) -> anyhow::Result<(u64, bool)> {
    let events = walk.director.ask_sandbox("/v1/events?type=checkout.session.completed&limit=10").await?;
    let events = events.body["data"].as_array().cloned().unwrap_or_default();
    let ours = events.iter().find(|event| event["data"]["object"]["id"] == session);
    let Some(id) = ours.and_then(|event| event["id"].as_str()) else { return Ok((0, false)) };
    let event = walk.director.ask_sandbox(&format!("/_sandbox/events/{id}")).await?;
    let delivery = &event.body["deliveries"][0];
    let taken = delivery["delivered"].as_bool().unwrap_or_default();
    Ok((delivery["attempts"].as_u64().unwrap_or_default(), taken))
}
