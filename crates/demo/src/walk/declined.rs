//! A decline does not end a purchase: the same page takes the next card.

use kernel::decline::advice;

use super::Walk;
use super::purchase::{Purchase, expect};

const NO_FUNDS: &str = "4000000000009995";
const VISA: &str = "4242424242424242";

pub(super) async fn walk(walk: &Walk<'_>) -> anyhow::Result<()> {
    let purchase = walk.checkout("grace@example.com").await?;
    let declined = purchase.pay(NO_FUNDS).await?;
    walk.timeline.check(
        "the bank declines: insufficient funds",
        expect(&declined.text("/error/decline_code"), &"insufficient_funds"),
    );
    purchase.becomes("pending", "failed").await;
    purchase.events("payment.failed", 1).await;
    told_what_to_do(walk, &purchase).await;
    purchase.mails("did not go through", 1).await;
    let paid = purchase.pay(VISA).await?;
    walk.timeline.check("the same page takes another card", paid.ok());
    purchase.becomes("paid", "succeeded").await;
    purchase.events("payment.successful", 1).await;
    purchase.mails("is confirmed", 1).await;
    purchase.captured_once().await
}

/// The page and the mail have the same words, from one table.
async fn told_what_to_do(walk: &Walk<'_>, purchase: &Purchase<'_>) {
    let wanted = advice(Some("insufficient_funds"), "card_declined").recommendation;
    let order = purchase.order().await;
    let seen = order.map(|order| order.text("/payment/lastError/recommendation").to_owned());
    let held = seen.and_then(|seen| expect(&seen.as_str(), &wanted));
    walk.timeline.check(format!("the order says what to do: “{wanted}”"), held);
}
