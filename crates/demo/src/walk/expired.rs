//! The hold runs out; later the customer pays after all.

use time::Duration;

use super::Walk;

const VISA: &str = "4242424242424242";

pub(super) async fn walk(walk: &Walk<'_>) -> anyhow::Result<()> {
    let mut purchase = walk.checkout("alan@example.com").await?;
    purchase.events("payment.created", 1).await;
    let first = purchase.session.clone();
    walk.stage("50 minutes pass (the clock of the services and of the sandbox jumps)");
    walk.clock.advance(Duration::minutes(50));
    purchase.becomes("expired", "expired").await;
    purchase.events("payment.expired", 1).await;
    purchase.events("order.expired", 1).await;
    purchase.mails("has expired", 1).await;
    let refused = purchase.pay(VISA).await?;
    walk.check("the old page takes no money any more", refused.ok().is_err());
    let retried = purchase.retry().await?;
    walk.timeline.check("retry-session holds the stock again and answers a new page", retried.ok());
    walk.check("it is another Session", purchase.session != first && !purchase.session.is_empty());
    purchase.becomes("pending", "pending").await;
    let paid = purchase.pay(VISA).await?;
    walk.timeline.check("Stripe's page takes the card", paid.ok());
    purchase.becomes("paid", "succeeded").await;
    purchase.events("order.paid", 1).await;
    purchase.mails("is confirmed", 1).await;
    purchase.captured_once().await
}
