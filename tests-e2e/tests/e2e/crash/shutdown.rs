//! Fault 12: SIGTERM in the middle of something. It is finished or rolled back, and the process ends in order within
//! its bound.

use std::collections::BTreeSet;

use reqwest::StatusCode;
use serde_json::{Value, json};
use test_support::{MailServer, Mood, Service, eventually};

use tests_e2e::world::{Checkout, SOON, Shopper, World, cards, text};

use super::{
    CART, SESSIONS, a_key, again, ends_paid_once, paid_unheard, pays_once, sessions, shop,
    shop_with_mail_server,
};

/// A shop that waits for what is in hand, also on a loaded machine.
async fn patient_shop() -> World {
    World::with(|_, service| service.env("STRIPE_TIMEOUT", "18s").env("SHUTDOWN_TIMEOUT", "20s")).await
}

/// Waits until a process that was asked to has ended, in order.
async fn ends(service: &mut Service) {
    let status = service.ended().await;
    assert!(status.success(), "{} ended with {status}", service.name());
}

#[tokio::test]
async fn fault_12_payment_service_finishes_a_checkout_that_waits_for_stripe() {
    let mut world = patient_shop().await;
    let (guest, checkout) = in_the_middle_of_a_checkout(&mut world, |world| &mut world.payments).await;
    pays_once(&world, &guest, &checkout).await;
}

#[tokio::test]
async fn fault_12_order_service_finishes_a_checkout_that_waits_for_payment_service() {
    let mut world = patient_shop().await;
    let (guest, checkout) = in_the_middle_of_a_checkout(&mut world, |world| &mut world.orders).await;
    pays_once(&world, &guest, &checkout).await;
}

/// Ends the service while Stripe holds its answer back. The customer is answered, and after a new start the same call
/// finds the same Session.
async fn in_the_middle_of_a_checkout(
    world: &mut World,
    service: impl Fn(&mut World) -> &mut Service,
) -> (Shopper, Checkout) {
    let (guest, key) = (world.guest().patient(), a_key());
    world.sandbox.faults(&json!({ "held": [{ "method": "POST", "path": SESSIONS }] })).await;
    let ending = async {
        eventually(SOON, "Stripe is asked", async || world.sandbox.calls("POST", SESSIONS).await == 1).await;
        let told = service(world);
        told.ask_to_end();
        eventually(SOON, "it is told to end", async || told.log().contains("shutting down")).await;
        world.sandbox.faults(&json!({})).await;
    };
    let (answer, ()) = tokio::join!(guest.checkout_under(&key, CART), ending);
    let (status, body): (StatusCode, Value) = answer.expect("what is in hand is answered");
    assert_eq!(status, 200, "{body}");
    ends(service(world)).await;
    service(world).restart().await;
    let checkout = again(&guest, &key).await;
    assert_eq!(body["sessionId"], checkout.session.as_str());
    assert_eq!(sessions(world).await, [checkout.session.as_str()]);
    (guest, checkout)
}

#[tokio::test]
async fn fault_12_payment_service_finishes_a_webhook_in_hand() {
    let mut world = shop().await;
    let guest = world.guest();
    let checkout = guest.checkout(CART).await;
    let event = paid_unheard(&world, &checkout).await;
    // Somebody else has the purchase's row: the webhook waits in the middle of its transaction.
    let hold = world.databases.payments.hold("SELECT 1 FROM purchases FOR UPDATE").await;
    let ending = async {
        eventually(SOON, "the webhook waits", async || world.databases.payments.waiting().await > 0).await;
        world.payments.ask_to_end();
        eventually(SOON, "it is told to end", async || world.payments.log().contains("shutting down")).await;
        hold.release().await;
    };
    let (delivery, ()) = tokio::join!(world.webhook.try_deliver(&event), ending);
    assert_eq!(delivery.expect("what is in hand is answered").status, 200);
    ends(&mut world.payments).await;
    let rows = format!("SELECT count(*) FROM stripe_events WHERE id = '{}'", text(&event["id"]));
    assert_eq!(world.databases.payments.number(&rows).await, 1, "what was answered 200 is stored");

    world.payments.restart().await;
    ends_paid_once(&world, &guest, &checkout).await;
}

/// The mail server has the mail and never says so.
#[tokio::test]
async fn fault_12_notification_service_gives_a_mail_in_hand_its_time_and_no_more() {
    let server = MailServer::start().await;
    let mut world = shop_with_mail_server(&server).await;
    let guest = world.guest();
    let checkout = guest.checkout(CART).await;
    server.set_mood(Mood::Hang);
    world.sandbox.pay(&checkout.session, cards::PAYS).await;
    eventually(SOON, "the mail is handed over", async || server.offered().len() == 1).await;
    world.notifications.ask_to_end();
    ends(&mut world.notifications).await;
    let unsent = "SELECT count(*) FROM notifications WHERE state = 'pending'";
    assert_eq!(world.databases.notifications.number(unsent).await, 1, "nobody said that it was taken");

    server.set_mood(Mood::Accept);
    world.notifications.restart().await;
    let ending = world.ending_but_for_copies().await;
    ending.paid_once(&checkout.order, vec![format!("order_confirmed {}", checkout.order)]);
    let ids: BTreeSet<String> = server.offered().into_iter().map(|mail| mail.message_id).collect();
    assert_eq!((ids.len(), server.accepted().len()), (1, 1), "{ids:?}");
}
