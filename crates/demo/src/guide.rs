//! What runs where, and what to click.

use kernel::Clock;

use crate::parts::Shop;
use crate::shopper::Shopper;
use crate::timeline::Timeline;

/// What was started.
pub(crate) fn introduce(timeline: &Timeline, shop: &Shop) {
    let at = &shop.addresses;
    timeline.line("");
    timeline.line(timeline.paint("1", "Tender: the whole shop in one process"));
    timeline.entry("order-service", format!("{}   SQLite file", at.order));
    timeline.entry("payment-service", format!("{}   SQLite file", at.payment));
    timeline.entry("notification-service", format!("{}   SQLite file, mails into a folder", at.notification));
    if shop.has_sandbox() {
        timeline.entry("Stripe sandbox", format!("{}  no real money, state in memory", at.sandbox));
    } else {
        timeline.entry("Stripe", "your test account, webhooks by `stripe listen`");
    }
    timeline.entry("Kafka", format!("{}   librdkafka's in-process broker", at.broker));
    timeline.entry("databases and mails", format!("{}   emptied at every start", at.folder.display()));
    timeline.line("");
    timeline.line(
        "Embedded parts show how things work and prove nothing about concurrency; `make test` runs on PostgreSQL \
         and Apache Kafka.",
    );
}

/// What to click, with a fresh page to pay on.
///
/// # Errors
/// When nothing answers.
pub(crate) async fn invite(timeline: &Timeline, shop: &Shop) -> anyhow::Result<()> {
    let at = &shop.addresses;
    let customer = Shopper::new(at, None)?;
    let product = customer.products().await?.last().map(|product| product["id"].clone());
    let product = product.as_ref().and_then(|id| id.as_str()).unwrap_or_default().to_owned();
    let checkout = customer.checkout("you@example.com", &product, 1).await?;
    shop.tokens.remember(checkout.text("/orderId"), checkout.text("/orderToken"));
    timeline.line("");
    timeline.line(timeline.paint("1", "Open and ready to be tried"));
    timeline.entry("shop window", format!("{}/", at.window));
    timeline.entry("a page ready to pay", checkout.text("/url"));
    timeline.entry("products", format!("{}/api/products", at.order));
    timeline.entry("mailbox", format!("{}/mailbox", at.notification));
    if shop.has_sandbox() {
        timeline.entry("sandbox", format!("{}/", at.sandbox));
        timeline.entry("what Stripe was asked", format!("{}/_sandbox/calls", at.sandbox));
        timeline.entry("Stripe's books", format!("{}/_sandbox/books", at.sandbox));
    }
    timeline.entry("metrics", format!("{}/metrics", at.payment));
    timeline.line("");
    timeline.line("Cards: 4242 4242 4242 4242 pays · 4000 0000 0000 9995 is declined · 4000 0025 0000 3155 asks for 3-D Secure");
    let ahead = (shop.clock.now() - kernel::SystemClock.now()).whole_minutes();
    if ahead > 0 {
        timeline.line(format!("After the walk the shop's clock is {ahead} minutes ahead."));
    }
    timeline.line("What you do shows up here. Ctrl-C ends everything.");
    Ok(())
}
