//! The walk: five purchases by the public API, each step checked.

mod declined;
mod dropped;
mod expired;
mod paid;
mod purchase;
mod storm;

use kernel::ManualClock;
use serde_json::Value;

use crate::mails::Mails;
use crate::parts::Shop;
use crate::shopper::Shopper;
use crate::timeline::{Mark, Timeline};
use crate::window::Tokens;
use crate::wiretap::Wiretap;
use purchase::{Purchase, eventually, expect, times};

/// Topics and how many events five purchases make: six attempts, as one expired; one of them declined once.
const EVENTS: [(&str, usize); 6] = [
    ("order.created", 5),
    ("order.paid", 5),
    ("payment.created", 6),
    ("payment.failed", 1),
    ("payment.expired", 1),
    ("payment.successful", 5),
];
/// Five confirmations, one decline, one expiry.
const MAILS: usize = 7;

/// What a walk needs to see.
pub(crate) struct Walk<'a> {
    pub(crate) timeline: &'a Timeline,
    pub(crate) events: &'a Wiretap,
    pub(crate) mails: &'a Mails,
    pub(crate) clock: &'a ManualClock,
    pub(crate) tokens: &'a Tokens,
    shop: &'a Shop,
    /// At the sandbox's switches.
    pub(crate) director: Shopper,
}

impl<'a> Walk<'a> {
    /// Through this shop.
    ///
    /// # Errors
    /// When the HTTP client cannot be built.
    pub(crate) fn new(shop: &'a Shop, timeline: &'a Timeline) -> anyhow::Result<Self> {
        Ok(Self {
            timeline,
            events: &shop.events,
            mails: &shop.mails,
            clock: &shop.clock,
            tokens: &shop.tokens,
            director: Shopper::new(&shop.addresses, Some(timeline))?,
            shop,
        })
    }

    /// All scenarios, one after the other. Whether every step held.
    ///
    /// # Errors
    /// When something does not answer at all.
    pub(crate) async fn through(&self) -> anyhow::Result<bool> {
        self.timeline.scenario(1, "A paid purchase");
        paid::walk(self).await?;
        self.timeline.scenario(2, "Declined, then paid at the second try");
        declined::walk(self).await?;
        self.timeline.scenario(3, "Not paid in time, then retried and paid");
        expired::walk(self).await?;
        self.timeline.scenario(4, "A storm: every webhook a hundred times");
        storm::walk(self).await?;
        self.timeline.scenario(5, "Every webhook lost: the success page's verify alone");
        dropped::walk(self).await?;
        self.at_the_end().await?;
        Ok(self.timeline.summary())
    }

    /// A new customer with an empty browser.
    pub(crate) fn customer(&self) -> anyhow::Result<Shopper> {
        Shopper::new(&self.shop.addresses, Some(self.timeline))
    }

    /// Puts a product into the cart and goes to the checkout, as the guest `email`.
    pub(crate) async fn checkout(&self, email: &str) -> anyhow::Result<Purchase<'_>> {
        Purchase::begin(self, email).await
    }

    /// A step that holds or not.
    pub(crate) fn check(&self, what: &str, held: bool) {
        self.timeline.check(what, if held { Ok(()) } else { Err("it is not so".to_owned()) });
    }

    /// A step that has to hold soon.
    pub(crate) async fn soon(&self, what: &str, probe: impl AsyncFn() -> Result<(), String>) {
        self.timeline.check(what, eventually(probe).await);
    }

    pub(crate) fn stage(&self, text: &str) {
        self.timeline.tell(Mark::Stage, text);
    }

    /// What must hold over all of it.
    async fn at_the_end(&self) -> anyhow::Result<()> {
        self.timeline.scenario(6, "At the end of the day");
        let books = self.director.ask_sandbox("/_sandbox/books").await?;
        let captures = |intent: &Value| intent["captures"].as_array().map_or(0, Vec::len);
        let intents = books.body["paymentIntents"].as_array().cloned().unwrap_or_default();
        let paid = intents.iter().filter(|intent| captures(intent) > 0).count();
        self.check("Stripe's books show five purchases, captured once each", {
            paid == 5 && intents.iter().all(|intent| captures(intent) <= 1)
        });
        for (topic, count) in EVENTS {
            let seen = self.events.total(|name| name == topic);
            self.timeline
                .check(format!("{topic} was published {} in all", times(count)), expect(&seen, &count));
        }
        self.timeline.check("seven mails were sent in all", expect(&self.mails.total(), &MAILS));
        let letters = self.events.total(|topic| topic.ends_with(".dlq"));
        self.timeline.check("no event became a dead letter", expect(&letters, &0));
        let refunds = self.events.total(|topic| topic == "order.refund_requested");
        self.timeline.check("no money has to go back", expect(&refunds, &0));
        Ok(())
    }
}
