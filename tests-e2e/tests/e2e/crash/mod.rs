//! Processes that end as by `kill -9` at a named place, start again, and the shop is as if nothing had happened:
//! faults 1 to 12 of the fault matrix, and every other crash point. `docs/kills.md` has the list.

mod checkout;
mod mail;
mod messages;
mod others;
mod shutdown;
mod webhook;

use serde_json::Value;
use test_support::{MailServer, ServiceBuilder, unique};

use tests_e2e::world::{Checkout, Ending, Shopper, World, cards, text};

/// What is bought.
const CART: &[(&str, u32)] = &[("mug", 1)];
const SESSIONS: &str = "/v1/checkout/sessions";

/// A shop whose services take up soon what a crash has left behind.
async fn shop() -> World {
    World::with(soon).await
}

/// The same, with a real way out for its mails.
async fn shop_with_mail_server(server: &MailServer) -> World {
    World::with(|name, service| match name {
        "notification-service" => soon(name, service).without("MAIL_DIR").env("SMTP_URL", server.url()),
        _ => soon(name, service),
    })
    .await
}

fn soon(name: &str, service: ServiceBuilder) -> ServiceBuilder {
    match name {
        "payment-service" => service.env("STRIPE_TIMEOUT", "5s"),
        "notification-service" => service.env("SMTP_TIMEOUT", "4s").env("MAIL_LEASE", "5s"),
        // It tells at this level which messages it has seen before.
        _ => service.env("RUST_LOG", "info,messaging=debug"),
    }
}

fn a_key() -> String {
    unique("key-")
}

/// The same call once more, as a frontend makes it that got no answer.
async fn again(guest: &Shopper, key: &str) -> Checkout {
    let (status, body) = guest.checkout_under(key, CART).await.expect("an answer");
    assert_eq!(status, 200, "{body}");
    Checkout::read(body)
}

/// The webhook of a Session that was paid while nothing was delivered.
async fn paid_unheard(world: &World, checkout: &Checkout) -> Value {
    world.sandbox.drop_webhooks().await;
    world.sandbox.pay(&checkout.session, cards::PAYS).await;
    world.sandbox.events_of(&checkout.session, &["checkout.session.completed"]).await.remove(0)
}

/// The customer pays. In the end there was one order, one Session, one capture and one mail.
async fn pays_once(world: &World, guest: &Shopper, checkout: &Checkout) -> Ending {
    world.sandbox.pay(&checkout.session, cards::PAYS).await;
    ends_paid_once(world, guest, checkout).await
}

async fn ends_paid_once(world: &World, guest: &Shopper, checkout: &Checkout) -> Ending {
    guest.sees(checkout, "paid", "succeeded").await;
    assert_eq!(guest.available("mug").await, 99, "sold once");
    assert_eq!(sessions(world).await, [checkout.session.as_str()]);
    assert_eq!(world.databases.orders.number("SELECT count(*) FROM orders").await, 1);
    let ending = world.ending().await;
    ending.paid_once(&checkout.order, vec![format!("order_confirmed {}", checkout.order)]);
    for topic in ["order.created", "payment.created", "payment.successful", "order.paid"] {
        assert_eq!(ending.events.get(topic), Some(&1), "{topic} of {ending:?}");
    }
    ending
}

/// The ids of all Sessions at Stripe.
async fn sessions(world: &World) -> Vec<String> {
    let sessions = world.sandbox.sessions().await;
    sessions.iter().map(|session| text(&session["id"])).collect()
}
