//! One customer: what they can do at the shop and at Stripe's page.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use test_support::unique;
use tokio::time::{Instant, sleep};

use super::super::schedule::{Visit, Way};
use super::{Answer, Browser, Call, Record, Street};
use crate::world::{jwt, price};

/// What the shop sells here, in cents.
pub const CATALOGUE: [(&str, i64); 3] = [("mug", 1250), ("poster", 2999), ("rare", 5000)];

pub(super) struct Customer<'a> {
    pub(super) street: &'a Street,
    pub(super) visit: &'a Visit,
    pub(super) record: Record,
    browser: Browser,
    until: Instant,
}

impl<'a> Customer<'a> {
    pub(super) fn new(street: &'a Street, visit: &'a Visit, until: Instant) -> Self {
        // Nobody else's: the same cart of the same buyer within a minute is the same order.
        let name = unique(&format!("shopper{}-", visit.number));
        let jwt = visit.user.then(|| jwt(&name, "user"));
        let record = Record {
            number: visit.number,
            story: visit.story.name(),
            email: format!("{name}@example.com"),
            jwt: jwt.clone(),
            ..Record::default()
        };
        Self { street, visit, record, browser: Browser::new(jwt), until }
    }

    /// The same person, at the same order.
    pub(super) fn in_another_tab(&self) -> Self {
        let (record, browser) = (self.record.clone(), Browser::new(self.record.jwt.clone()));
        Self { record, browser, ..*self }
    }

    pub(super) async fn think(&self) {
        sleep(Duration::from_millis(self.visit.think_ms)).await;
    }

    /// Begins the purchase: the Session to pay, unless there is none to be had.
    pub(super) async fn begin(&mut self) -> Option<String> {
        let key = unique("key-");
        let call = match self.visit.way {
            Way::Checkout => self.post(&self.street.orders, "/api/orders/checkout", self.cart()),
            Way::Direct => {
                self.post(&self.street.payments, "/api/payments/create-checkout-session", self.products())
            }
        };
        let answer = self.insist(Call { key: Some(&key), ..call }).await;
        self.learn(answer.as_ref());
        match answer {
            Some(answer) if answer.is_good() => answer.body["sessionId"].as_str().map(str::to_owned),
            Some(answer) => {
                self.street.tally.add(format!("turned away: {} {}", answer.status, answer.code()));
                None
            }
            None => {
                self.street.tally.add("turned away: no answer");
                None
            }
        }
    }

    /// The page again, or a new one.
    pub(super) async fn retry(&mut self) -> Option<Answer> {
        let path = format!("/api/orders/{}/retry-session", self.record.order.as_ref()?);
        let answer = self.insist(self.post(&self.street.orders, &path, Value::Null)).await;
        self.learn(answer.as_ref());
        answer
    }

    pub(super) async fn cancel(&self) -> Option<Answer> {
        let path = format!("/api/orders/{}/cancel", self.record.order.as_ref()?);
        let answer = self.insist(self.post(&self.street.orders, &path, Value::Null)).await?;
        self.street.tally.add(format!("cancel answered: {} {}", answer.status, answer.code()));
        Some(answer)
    }

    /// What the success page asks.
    pub(super) async fn verify(&mut self, session: &str) {
        let body = json!({ "sessionId": session, "guestEmail": self.record.email });
        let answer = self.insist(self.post(&self.street.orders, "/api/orders/verify", body)).await;
        self.learn(answer.as_ref());
    }

    /// Does `what` at Stripe's page: the outcome, or nothing when the page is not open any more.
    pub(super) async fn at_page(&self, session: &str, what: Value) -> Option<Value> {
        let (status, body) = self.street.sandbox.at_page(session, &what).await;
        let outcome = body["outcome"].as_str().unwrap_or("page not open");
        self.street.tally.add(format!("at the page: {outcome}"));
        (status == 200).then_some(body)
    }

    fn post(&self, base: &str, path: &str, body: Value) -> Call<'static> {
        Call { method: Method::POST, url: format!("{base}{path}"), body, order_token: None, key: None }
    }

    async fn insist(&self, call: Call<'_>) -> Option<Answer> {
        let csrf = format!("{}/api/csrf-token", self.street.orders);
        let call = Call { order_token: self.record.order_token.as_deref(), ..call };
        self.browser.insist(&call, &csrf, &self.street.tally, self.until).await
    }

    fn learn(&mut self, answer: Option<&Answer>) {
        let Some(body) = answer.map(|answer| &answer.body) else { return };
        let text = |name: &str| body[name].as_str().map(str::to_owned);
        self.record.order = text("orderId").or_else(|| self.record.order.take());
        self.record.order_token = text("orderToken").or_else(|| self.record.order_token.take());
        if let Some(session) = text("sessionId").filter(|session| !self.record.sessions.contains(session)) {
            self.record.sessions.push(session);
        }
        self.street.note(&self.record);
    }

    fn cart(&self) -> Value {
        let mut cart = json!({
            "items": [{ "productId": self.visit.product, "quantity": self.visit.quantity }],
            "shippingAddress": {
                "firstName": "Ada", "lastName": "Byron", "line1": "12 St James's Square", "city": "London",
                "postalCode": "SW1Y 4JH", "country": "GB",
            },
            "paymentMethod": if self.visit.story.is_paypal() { "paypal" } else { "card" },
            "successUrl": "http://localhost:3000/paid", "cancelUrl": "http://localhost:3000/cart",
        });
        if self.record.jwt.is_none() {
            cart["guest"] = json!({ "email": self.record.email, "firstName": "Ada", "lastName": "Byron" });
        }
        cart
    }

    fn products(&self) -> Value {
        let cents = CATALOGUE.iter().find(|(id, _)| *id == self.visit.product).map(|(_, cents)| *cents);
        json!({
            "products": [{
                "productId": self.visit.product, "name": self.visit.product, "quantity": self.visit.quantity,
                "price": price(cents.expect("a product of the catalogue")),
            }],
            "paymentMethodTypes": [if self.visit.story.is_paypal() { "paypal" } else { "card" }],
            "successUrl": "http://localhost:3000/paid", "cancelUrl": "http://localhost:3000/cart",
            "customerEmail": self.record.email,
        })
    }
}
