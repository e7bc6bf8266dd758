//! Webhooks as Stripe sends them, signed here: for deliveries in an order and number of the test's choice.

use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use kernel::{Clock, SystemClock};
use reqwest::{Client, StatusCode};
use serde_json::Value;
use sha2::Sha256;
use test_support::http_client;

/// The shop's endpoint and its secret.
#[derive(Clone)]
pub struct Webhook {
    pub url: String,
    secret: String,
    client: Client,
}

/// What the shop answered.
#[derive(Debug)]
pub struct Delivery {
    pub status: StatusCode,
    pub body: Value,
}

impl Webhook {
    pub fn new(url: String, secret: String) -> Self {
        Self { url, secret, client: http_client() }
    }

    /// The same endpoint at another address.
    pub fn at(&self, url: String) -> Self {
        Self { url, ..self.clone() }
    }

    /// The same endpoint asked by somebody who waits as long as Stripe does, half a minute.
    pub fn patient(&self) -> Self {
        let patient = Client::builder().timeout(Duration::from_secs(40)).pool_max_idle_per_host(0).build();
        Self { client: patient.unwrap(), ..self.clone() }
    }

    /// Delivers `event` once, freshly signed.
    pub async fn deliver(&self, event: &Value) -> Delivery {
        self.try_deliver(event).await.unwrap_or_else(|error| panic!("{}: {error}", event["type"]))
    }

    /// The same, at a shop that may end before it answers.
    pub async fn try_deliver(&self, event: &Value) -> reqwest::Result<Delivery> {
        let body = event.to_string();
        let header = signature(SystemClock.now().unix_timestamp(), &[&self.secret], &body);
        self.send(&body, &header).await
    }

    /// Delivers `body` once under this signature.
    pub async fn deliver_signed(&self, body: &str, signature: &str) -> Delivery {
        self.send(body, signature).await.unwrap()
    }

    async fn send(&self, body: &str, signature: &str) -> reqwest::Result<Delivery> {
        let request = self.client.post(&self.url).header("Stripe-Signature", signature);
        let request = request.header("Content-Type", "application/json").body(body.to_owned());
        let answer = request.send().await?;
        Ok(Delivery { status: answer.status(), body: answer.json().await.unwrap_or_default() })
    }

    /// What the endpoint's events are signed with.
    pub fn secret(&self) -> &str {
        &self.secret
    }

    /// Delivers `event` and expects that it was taken.
    pub async fn accept(&self, event: &Value) {
        let delivery = self.deliver(event).await;
        assert!(
            delivery.status == 200 && delivery.body["received"] == true,
            "{}: {delivery:?}",
            event["type"]
        );
    }
}

/// The header as of `at` (Unix seconds), with a signature by each secret.
pub fn signature(at: i64, secrets: &[&str], body: &str) -> String {
    let mut header = format!("t={at}");
    for secret in secrets {
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
        mac.update(format!("{at}.{body}").as_bytes());
        header.push_str(",v1=");
        header.push_str(&hex::encode(mac.finalize().into_bytes()));
    }
    header
}
