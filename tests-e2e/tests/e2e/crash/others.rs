//! Every crash point that no numbered fault is about: the process ends there, starts again, and nothing is lost or done
//! twice.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;
use test_support::eventually;

use tests_e2e::world::{Checkout, Ending, SOON, World, cards, price, text};

use super::{CART, a_key, again, paid_unheard, sessions, shop};

/// Those that the other tests of this folder end a process at.
const NUMBERED: [&str; 14] = [
    "checkout.before_commit",
    "attempt.before_commit",
    "attempt.stored",
    "attempt.answered",
    "checkout.before_response",
    "attempt.saved",
    "webhook.before_commit",
    "webhook.committed",
    "webhook.stored",
    "webhook.applied",
    "relay.acked",
    "consumer.before_commit",
    "consumer.committed",
    "mail.accepted",
];
const CHECKOUTS: [&str; 2] = ["checkout.committed", "checkout.opened"];
/// With the service that ends.
const CLOSES: [(&str, &str); 4] = [
    ("order-service", "close.marked"),
    ("order-service", "close.answered"),
    ("payment-service", "purchase.closed"),
    ("payment-service", "session.ended"),
];
const REFUNDS: [&str; 2] = ["refund.stored", "refund.answered"];
const SWEEP: &str = "sweep.before_commit";
/// From the webhook to the mail.
const PIPELINE: [&str; 5] =
    ["relay.enqueued", "relay.deleted", "consumer.applied", "mail.claimed", "mail.noted"];

#[test]
fn no_crash_point_is_left_out() {
    let closes = CLOSES.map(|(_, point)| point);
    let tested: [&[&str]; 6] = [&NUMBERED, &CHECKOUTS, &closes, &REFUNDS, &[SWEEP], &PIPELINE];
    let tested: BTreeSet<&str> = tested.concat().into_iter().collect();
    let points: BTreeSet<&str> = kernel::crash::POINTS.iter().map(|point| point.name).collect();
    assert_eq!(tested, points);
}

/// A frontend that got no answer asks again under its key. Until the lease of the call that ended is over it is told to
/// wait; then it goes on with the same order.
#[tokio::test]
async fn a_checkout_killed_on_its_way_is_gone_on_with() {
    let mut world = shop().await;
    let mut checkouts = Vec::new();
    for point in CHECKOUTS {
        world.orders.arm(point).await;
        let (guest, key) = (world.guest(), a_key());
        guest.checkout_under(&key, CART).await.expect_err("it ends before it answers");
        world.orders.crashed().await;
        world.orders.restart().await;
        // A minute passes.
        let over = "UPDATE idempotency_keys SET lease_until = now() WHERE finished_at IS NULL RETURNING key";
        assert_eq!(world.databases.orders.texts(over).await, [key.as_str()], "{point}");
        let checkout = again(&guest, &key).await;
        checkouts.push((guest, checkout));
    }
    assert_eq!(world.databases.orders.number("SELECT count(*) FROM orders").await, 2);
    assert_eq!(sessions(&world).await.len(), 2);
    for (guest, checkout) in &checkouts {
        world.sandbox.pay(&checkout.session, cards::PAYS).await;
        guest.sees(checkout, "paid", "succeeded").await;
    }
    assert_paid(
        &world.ending().await,
        &checkouts.iter().map(|(_, one)| one.order.as_str()).collect::<Vec<_>>(),
    );
}

#[tokio::test]
async fn a_cancellation_killed_on_its_way_is_brought_to_its_end() {
    let mut world = shop().await;
    let mut cancelled = Vec::new();
    for (service, point) in CLOSES {
        let guest = world.guest();
        let checkout = guest.checkout(CART).await;
        let killed = if service == "order-service" { &mut world.orders } else { &mut world.payments };
        killed.arm(point).await;
        // Answered with what is known so far, or not at all.
        let _ = guest.try_cancel(&checkout).await;
        killed.crashed().await;
        killed.restart().await;
        guest.sees(&checkout, "cancelled", "expired").await;
        assert_eq!(world.sandbox.try_pay(&checkout.session, cards::PAYS).await, 400, "{point}");
        cancelled.push(format!("order_cancelled {}", checkout.order));
    }
    assert_eq!(world.guest().available("mug").await, 100);
    let ending = world.ending().await;
    cancelled.sort();
    assert_eq!((ending.captures.len(), ending.mails), (0, cancelled));
    assert_eq!(ending.events["order.cancelled"], CLOSES.len());
}

/// The last piece is sold twice, so the second customer's money goes back: once.
#[tokio::test]
async fn a_refund_killed_on_its_way_is_made_once() {
    let mut world = shop().await;
    let (kept, _) = buys_the_last(&world).await;
    world.payments.arm(REFUNDS[0]).await;
    let (given_back, intent) = buys_the_last(&world).await;
    world.payments.crashed().await;
    assert_eq!(world.sandbox.calls("POST", "/v1/refunds").await, 0);
    world.payments.arm(REFUNDS[1]).await;
    world.payments.crashed().await;
    let first = world.sandbox.asked("POST", "/v1/refunds").await;
    world.payments.restart().await;

    eventually(SOON, "the refund is known", async || {
        world.databases.payments.number("SELECT count(*) FROM refunds WHERE status = 'succeeded'").await == 1
    })
    .await;
    for call in world.sandbox.asked("POST", "/v1/refunds").await {
        assert_eq!(call, first[0], "always the same call");
    }
    let books = world.sandbox.books().await;
    let account = books["paymentIntents"].as_array().unwrap().iter().find(|one| one["id"] == intent.as_str());
    let account = account.unwrap();
    assert_eq!(account["refunds"].as_array().unwrap().len(), 1, "{account}");
    assert_eq!(account["refunded"], account["captured"]);

    let ending = world.ending().await;
    assert_eq!(ending.captures, BTreeMap::from([(kept.clone(), 1)]));
    assert!(ending.mails.contains(&format!("order_confirmed {kept}")), "{ending:?}");
    assert!(ending.mails.contains(&format!("order_cancelled {given_back}")), "{ending:?}");
    assert_eq!(ending.events["payment.refunded"], 1);
}

/// Buys it at payment-service, which knows no stock. Order and PaymentIntent.
async fn buys_the_last(world: &World) -> (String, String) {
    let body = json!({
        "products": [{ "name": "rare", "price": price(5000), "quantity": 1 }],
        "successUrl": "http://localhost:3000/paid", "cancelUrl": "http://localhost:3000/cart",
        "customerEmail": format!("{}@example.com", test_support::unique("direct-")),
    });
    let (status, made) = world.post(&world.payments, "/api/payments/create-checkout-session", &body).await;
    assert_eq!(status, 200, "{made}");
    let (order, session) = (text(&made["orderId"]), text(&made["sessionId"]));
    world.sandbox.pay(&session, cards::PAYS).await;
    let settled =
        format!("SELECT count(*) FROM orders WHERE id = '{order}' AND status IN ('paid', 'cancelled')");
    eventually(SOON, "the order is settled", async || world.databases.orders.number(&settled).await == 1)
        .await;
    (order, text(&world.sandbox.session(&session).await["payment_intent"]))
}

/// A webhook tells that there are refunds and not which: it waits until Stripe is asked, and payment-service is killed
/// when it looks at it again.
#[tokio::test]
async fn a_waiting_webhook_killed_on_its_way_is_applied() {
    let mut world = shop().await;
    let guest = world.guest();
    let checkout = guest.checkout(CART).await;
    world.sandbox.pay(&checkout.session, cards::PAYS).await;
    guest.sees(&checkout, "paid", "succeeded").await;
    world.payments.arm(SWEEP).await;
    world.sandbox.drop_webhooks().await;
    world.sandbox.refund(&checkout.session).await;
    let event = world.sandbox.events_of(&checkout.session, &["charge.refunded"]).await.remove(0);
    // It is looked at again at once, perhaps before the answer.
    let _ = world.webhook.try_deliver(&event).await;
    world.payments.crashed().await;
    let payments = &world.databases.payments;
    assert_eq!(payments.number("SELECT count(*) FROM stripe_events WHERE state = 'pending'").await, 1);
    assert_eq!(payments.number("SELECT count(*) FROM refunds").await, 0);

    world.payments.restart().await;
    eventually(SOON, "the refund is known", async || {
        world.databases.payments.number("SELECT count(*) FROM refunds").await == 1
    })
    .await;
    let ending = world.ending().await;
    assert_eq!(ending.captures.len(), 0, "all of it is given back");
    assert_eq!((ending.events["order.paid"], ending.events["payment.refunded"]), (1, 1));
}

/// One purchase on whose way from the webhook to the mail a process ends five times.
#[tokio::test]
async fn news_of_a_payment_arrive_whoever_is_killed_on_their_way() {
    let mut world = shop().await;
    let guest = world.guest();
    let checkout: Checkout = guest.checkout(CART).await;
    world.ending().await;
    let event = paid_unheard(&world, &checkout).await;
    let [enqueued, deleted, applied, claimed, noted] = PIPELINE;
    world.payments.arm(enqueued).await;
    world.orders.arm(deleted).await;
    world.notifications.arm(applied).await;
    let _ = world.webhook.try_deliver(&event).await;
    world.payments.crashed().await;
    world.payments.restart().await;
    world.orders.crashed().await;
    world.orders.restart().await;
    world.notifications.crashed().await;
    world.notifications.arm(claimed).await;
    world.notifications.crashed().await;
    world.notifications.arm(noted).await;
    world.notifications.crashed().await;
    world.notifications.restart().await;

    guest.sees(&checkout, "paid", "succeeded").await;
    let ending = world.ending_but_for_copies().await;
    assert_paid(&ending, &[&checkout.order]);
    assert_eq!(world.mails().len(), 1);
    assert_eq!(ending.events["payment.successful"], 1);
}

/// One capture, one `order.paid` and one mail for each of the orders, and no others.
fn assert_paid(ending: &Ending, orders: &[&str]) {
    let captures = orders.iter().map(|&order| (order.to_owned(), 1)).collect();
    let mut mails: Vec<String> = orders.iter().map(|order| format!("order_confirmed {order}")).collect();
    mails.sort();
    assert_eq!((&ending.captures, &ending.mails), (&captures, &mails));
    assert_eq!(ending.events["order.paid"], orders.len());
}
