//! The main flow.

use super::Walk;

const VISA: &str = "4242424242424242";

pub(super) async fn walk(walk: &Walk<'_>) -> anyhow::Result<()> {
    let before = walk.customer()?.products().await?;
    let purchase = walk.checkout("ada@example.com").await?;
    purchase.events("order.created", 1).await;
    purchase.events("payment.created", 1).await;
    let paid = purchase.pay(VISA).await?;
    walk.timeline.check("Stripe's page takes the card", paid.ok());
    purchase.becomes("paid", "succeeded").await;
    purchase.events("payment.successful", 1).await;
    purchase.events("order.paid", 1).await;
    purchase.mails("is confirmed", 1).await;
    purchase.captured_once().await?;
    let after = walk.customer()?.products().await?;
    let left = |products: &[serde_json::Value]| products.first().and_then(|one| one["available"].as_i64());
    walk.check("two pieces less are available", left(&after) == left(&before).map(|count| count - 2));
    Ok(())
}
