//! No webhook arrives: the success page asks, payment-service reads the Session from Stripe, the order is paid.

use serde_json::{Value, json};

use super::Walk;
use super::purchase::expect;

const VISA: &str = "4242424242424242";

pub(super) async fn walk(walk: &Walk<'_>) -> anyhow::Result<()> {
    let purchase = walk.checkout("annie@example.com").await?;
    purchase.events("payment.created", 1).await;
    walk.stage("from now on every webhook is lost");
    let set = walk.director.set_deliveries(json!({ "drop": "all" })).await?;
    walk.timeline.check("the switch is on", set.ok());
    let paid = purchase.pay(VISA).await?;
    walk.timeline.check("Stripe's page takes the card", paid.ok());
    let state = purchase.state().await.and_then(|seen| expect(&seen.as_str(), &"pending, payment pending"));
    walk.timeline.check("nobody told the shop: the order is still pending", state);
    let before = reads(walk, &purchase.session).await?;
    let verified = purchase.verify().await?;
    walk.timeline.check("verify answers", verified.ok());
    walk.timeline.check("verify says paid", expect(&verified.text("/paymentStatus"), &"succeeded"));
    let after = reads(walk, &purchase.session).await?;
    walk.check("one verify is one read at Stripe", after - before == 1);
    purchase.becomes("paid", "succeeded").await;
    purchase.events("payment.successful", 1).await;
    purchase.events("order.paid", 1).await;
    purchase.mails("is confirmed", 1).await;
    purchase.captured_once().await?;
    walk.director.set_deliveries(json!({})).await?;
    Ok(())
}

/// How often the Session was read.
async fn reads(walk: &Walk<'_>, session: &str) -> anyhow::Result<u64> {
    let path = format!("/_sandbox/calls?method=GET&path=/v1/checkout/sessions/{session}*");
    let calls = walk.director.ask_sandbox(&path).await?;
    Ok(calls.body.get("count").and_then(Value::as_u64).unwrap_or_default())
}
