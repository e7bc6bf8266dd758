//! One purchase by a guest, and what can be seen of it.

use std::time::Duration;

use anyhow::Context;
use kernel::Money;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::Walk;
use crate::shopper::{Answer, Shopper};
use crate::timeline::Mark;

const PATIENCE: Duration = Duration::from_secs(20);
const PAUSE: Duration = Duration::from_millis(25);

/// An order on its way.
pub(crate) struct Purchase<'a> {
    walk: &'a Walk<'a>,
    pub(crate) customer: Shopper,
    pub(crate) email: String,
    pub(crate) id: String,
    pub(crate) number: String,
    pub(crate) session: String,
    pub(crate) token: String,
}

impl<'a> Purchase<'a> {
    /// Looks at the catalogue and checks out.
    ///
    /// # Errors
    /// When nothing answers, or there is nothing to buy: the walk cannot go on.
    pub(super) async fn begin(walk: &'a Walk<'a>, email: &str) -> anyhow::Result<Self> {
        let customer = walk.customer()?;
        let products = customer.products().await?;
        let product = products.first().context("the catalogue is empty")?;
        let id = product["id"].as_str().context("a product has no id")?;
        let answer = customer.checkout(email, id, 2).await?;
        let mut purchase = Self {
            walk,
            customer,
            email: email.to_owned(),
            id: answer.text("/orderId").to_owned(),
            number: answer.text("/orderNumber").to_owned(),
            session: answer.text("/sessionId").to_owned(),
            token: answer.text("/orderToken").to_owned(),
        };
        let name = product["name"].as_str().unwrap_or_default();
        let what = format!("2 × {name} for {email}: {} {}", purchase.number, total(&answer.body["order"]));
        walk.timeline.tell(Mark::Order, what);
        let url = answer.text("/url").to_owned();
        walk.timeline.check("checkout answers with a page to pay on", answer.ok().and_then(|()| here(&url)));
        purchase.entered(&answer);
        anyhow::ensure!(!purchase.session.is_empty(), "there is no Session to pay");
        Ok(purchase)
    }

    /// Pays the current Session with a card.
    pub(crate) async fn pay(&self, card: &str) -> anyhow::Result<Answer> {
        self.customer.pay(&self.session, card).await
    }

    /// `POST /api/orders/{id}/retry-session`; the answer's Session becomes the current one.
    pub(crate) async fn retry(&mut self) -> anyhow::Result<Answer> {
        let path = format!("/api/orders/{}/retry-session", self.id);
        let answer = self.customer.post(&path, json!({}), Some(&self.token)).await?;
        self.session = answer.text("/sessionId").to_owned();
        self.entered(&answer);
        Ok(answer)
    }

    /// `POST /api/orders/verify`, as the success page does.
    pub(crate) async fn verify(&self) -> anyhow::Result<Answer> {
        let body = json!({ "sessionId": self.session, "guestEmail": self.email });
        self.customer.post("/api/orders/verify", body, Some(&self.token)).await
    }

    /// Waits until the order is in this state, telling of every state on the way.
    pub(crate) async fn becomes(&self, status: &str, payment: &str) {
        let told = std::cell::RefCell::new(String::new());
        let result = eventually(async || {
            let seen = self.state().await?;
            if *told.borrow() != seen {
                self.walk.timeline.tell(Mark::Order, format!("{} is {seen}", self.number));
                told.replace(seen.clone());
            }
            expect(&seen, &format!("{status}, payment {payment}"))
        })
        .await;
        self.walk.timeline.check(format!("the order becomes {status}, its payment {payment}"), result);
    }

    /// `pending, payment failed`.
    pub(crate) async fn state(&self) -> Result<String, String> {
        let answer = self.order().await?;
        Ok(format!("{}, payment {}", answer.text("/status"), answer.text("/paymentStatus")))
    }

    /// The order as its customer sees it.
    pub(crate) async fn order(&self) -> Result<Answer, String> {
        let answer =
            self.customer.order(&self.id, &self.token).await.map_err(|error| format!("{error:#}"))?;
        answer.ok().map(|()| answer)
    }

    /// So many events of the topic with the order's id as key, no more and no less.
    pub(crate) async fn events(&self, topic: &str, count: usize) {
        let what = format!("{topic} was published {}", times(count));
        self.walk.soon(&what, async || expect(&self.walk.events.count(topic, &self.id), &count)).await;
    }

    /// So many mails to the customer, with this in the subject line.
    pub(crate) async fn mails(&self, subject: &str, count: usize) {
        let what = format!("a mail '… {subject}' was sent {}", times(count));
        self.walk.soon(&what, async || expect(&self.walk.mails.count(&self.email, subject), &count)).await;
    }

    /// What Stripe captured for this order, in minor units: one entry per capture.
    pub(crate) async fn captures(&self) -> anyhow::Result<Vec<i64>> {
        let books = self.walk.director.ask_sandbox("/_sandbox/books").await?;
        let intents = books.body["paymentIntents"].as_array().cloned().unwrap_or_default();
        let ours = intents.iter().filter(|intent| intent["clientReferenceId"] == self.id.as_str());
        let captures = ours.flat_map(|intent| intent["captures"].as_array().cloned().unwrap_or_default());
        Ok(captures.filter_map(|capture| capture["amount"].as_i64()).collect())
    }

    /// One capture of the order's amount.
    pub(crate) async fn captured_once(&self) -> anyhow::Result<()> {
        let captures = self.captures().await?;
        let amount = self.order().await.ok().and_then(|order| order.body["amount"].as_i64());
        let held = if captures.len() == 1 && captures.first().copied() == amount {
            Ok(())
        } else {
            Err(format!("{captures:?} of {amount:?}"))
        };
        self.walk.timeline.check("Stripe's books show one capture of the order's amount", held);
        Ok(())
    }

    /// The shop window opens the order for whoever follows a link in a mail.
    fn entered(&mut self, answer: &Answer) {
        let token = answer.text("/orderToken");
        if !token.is_empty() {
            token.clone_into(&mut self.token);
        }
        self.walk.tokens.remember(&self.id, &self.token);
    }
}

/// Asks until it holds, for a bounded time; else what was seen last.
pub(crate) async fn eventually(probe: impl AsyncFn() -> Result<(), String>) -> Result<(), String> {
    let end = Instant::now() + PATIENCE;
    loop {
        match probe().await {
            Err(_) if Instant::now() < end => sleep(PAUSE).await,
            result => return result,
        }
    }
}

pub(crate) fn expect<T: PartialEq + std::fmt::Debug>(seen: &T, wanted: &T) -> Result<(), String> {
    if seen == wanted { Ok(()) } else { Err(format!("{seen:?} instead of {wanted:?}")) }
}

pub(crate) fn times(count: usize) -> String {
    if count == 1 { "once".to_owned() } else { format!("{count} times") }
}

/// `25.80 USD`.
fn total(order: &Value) -> String {
    let currency = order["currency"].as_str().and_then(|code| code.parse().ok());
    let amount = order["amount"].as_i64();
    amount
        .zip(currency)
        .map(|(amount, currency)| Money::new(amount, currency).to_string())
        .unwrap_or_default()
}

/// A page of the sandbox, not of Stripe's.
fn here(url: &str) -> Result<(), String> {
    if url.starts_with("http://127.0.0.1:") { Ok(()) } else { Err(format!("url is '{url}'")) }
}
