//! How it goes with a customer once there is a page to pay at.

use std::time::Duration;

use futures::future::join;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::sleep;

use super::super::HOLD;
use super::super::schedule::{Story, Way};
use super::customer::Customer;
use crate::world::{cards, text};

/// How often somebody asks Stripe whose answers fail now and then.
const TRIES: usize = 20;

impl Customer<'_> {
    pub(super) async fn play(mut self, session: String) {
        self.think().await;
        let paid = match self.visit.story {
            Story::Pays => self.pays(&session, cards::PAYS).await,
            Story::DeclinedThenPays(declines) => {
                for _ in 0..declines {
                    self.pays(&session, cards::NO_FUNDS).await;
                    self.think().await;
                }
                self.pays(&session, cards::PAYS).await
            }
            Story::Declined => self.pays(&session, cards::DECLINED).await,
            Story::PaypalApproves => self.paypal(&session, "approve").await.is_some(),
            Story::PaypalCancels => self.paypal(&session, "cancel").await.is_some(),
            Story::PaypalLater { succeeds, after_ms } => {
                self.paypal_later(&session, succeeds, after_ms).await
            }
            Story::Leaves => false,
            Story::CancelsBeforePaying => {
                self.cancel().await;
                // The page may still be open in another tab.
                self.pays(&session, cards::PAYS).await
            }
            Story::CancelsWhilePaying => join(self.cancel(), self.pays(&session, cards::PAYS)).await.1,
            Story::CancelsAfterPaying => {
                let paid = self.pays(&session, cards::PAYS).await;
                self.cancel().await;
                paid
            }
            Story::TwoTabs => self.two_tabs(&session).await,
            Story::PageExpires => self.page_expires(&session).await,
            Story::OrderExpires => self.order_expires().await,
            Story::RefundedByHand(percent) => self.refunded_by_hand(&session, percent).await,
        };
        if (paid && self.visit.verifies) || self.must_ask() {
            self.verify(&session).await;
        }
    }

    /// A guest of payment-service alone gets the order's token only here.
    fn must_ask(&self) -> bool {
        self.visit.way == Way::Direct && !self.visit.user && self.visit.number.is_multiple_of(2)
    }

    async fn pays(&self, session: &str, card: &str) -> bool {
        self.at_page(session, json!({ "card": card })).await.is_some_and(|body| body["outcome"] == "paid")
    }

    async fn paypal(&self, session: &str, outcome: &str) -> Option<Value> {
        self.at_page(session, json!({ "paymentMethod": "paypal", "outcome": outcome })).await
    }

    async fn paypal_later(&mut self, session: &str, succeeds: bool, after_ms: u64) -> bool {
        let outcome = if succeeds { "delayed_success" } else { "delayed_failure" };
        let Some(body) = self.paypal(session, outcome).await else { return false };
        if self.visit.verifies {
            self.verify(session).await;
        }
        sleep(Duration::from_millis(after_ms)).await;
        self.street.sandbox.settle_intent(&text(&body["session"]["payment_intent"])).await;
        succeeds
    }

    async fn two_tabs(&mut self, session: &str) -> bool {
        let mut other = self.in_another_tab();
        let (first, second) = join(self.retry(), other.retry()).await;
        let page = |answer: Option<super::Answer>| {
            answer.and_then(|answer| answer.body["sessionId"].as_str().map(str::to_owned))
        };
        let first = page(first).unwrap_or_else(|| session.to_owned());
        let second = page(second).unwrap_or_else(|| session.to_owned());
        let paid = join(self.pays(&first, cards::PAYS), self.pays(&second, cards::PAYS)).await;
        if paid.0 && paid.1 && first != second {
            self.street.tally.add("paid twice");
        }
        paid.0 || paid.1
    }

    async fn page_expires(&mut self, session: &str) -> bool {
        self.at_stripe(&format!("/v1/checkout/sessions/{session}/expire"), &[]).await;
        self.think().await;
        self.pays_anew().await
    }

    async fn order_expires(&mut self) -> bool {
        sleep(HOLD).await;
        self.pays_anew().await
    }

    async fn pays_anew(&mut self) -> bool {
        let Some(answer) = self.retry().await else { return false };
        let Some(session) = answer.body["sessionId"].as_str().map(str::to_owned) else { return false };
        self.think().await;
        self.pays(&session, cards::PAYS).await
    }

    async fn refunded_by_hand(&self, session: &str, percent: i64) -> bool {
        let paid = self.at_page(session, json!({ "card": cards::PAYS })).await;
        let Some(paid) = paid.filter(|body| body["outcome"] == "paid") else { return false };
        self.think().await;
        let intent = text(&paid["session"]["payment_intent"]);
        let amount = paid["session"]["amount_total"].as_i64().expect("a Session's amount") * percent / 100;
        let form = [("payment_intent", intent.as_str()), ("amount", &amount.to_string())];
        self.at_stripe("/v1/refunds", &form).await;
        true
    }

    /// As from Stripe's own pages, which do not give up at the first error.
    async fn at_stripe(&self, path: &str, form: &[(&str, &str)]) {
        let key = test_support::unique("dashboard-");
        for _ in 0..TRIES {
            let (status, _) = self.street.sandbox.try_stripe(Method::POST, path, form, Some(&key)).await;
            if ![409, 429].contains(&status) && status < 500 {
                return;
            }
            self.think().await;
        }
    }
}
