//! An order ends while its Session is being made: the Session that arrives late is never payable, unless it was paid.

use serde_json::{Value, json};
use test_support::eventually;

use tests_e2e::world::{Checkout, SOON, Shopper, World, cards, text};

const CREATE: &str = "/v1/checkout/sessions";

/// What everybody can know of an order whose Session was not answered yet.
async fn made_unanswered(world: &World, user: &str) -> Checkout {
    eventually(SOON, "Stripe has made the Session", async || {
        let id = format!("SELECT id::text FROM orders WHERE user_id = '{user}'");
        let order = world.databases.orders.texts(&id).await.pop().ok_or("no order yet")?;
        let sessions = world.sandbox.sessions().await;
        let made = sessions.iter().find(|session| session["client_reference_id"] == order.as_str());
        let session = text(&made.ok_or("no Session yet")?["id"]);
        Ok::<_, &str>(Checkout { order, session, token: None, body: Value::Null })
    })
    .await
}

async fn hold(world: &World) {
    world.sandbox.faults(&json!({ "held": [{ "method": "POST", "path": CREATE }] })).await;
}

async fn release(world: &World) {
    world.sandbox.faults(&json!({})).await;
}

async fn is_never_payable(world: &World, checkout: &Checkout) {
    eventually(SOON, "the Session is ended", async || {
        let session = world.sandbox.session(&checkout.session).await;
        if session["status"] == "expired" { Ok(()) } else { Err(session) }
    })
    .await;
    assert_eq!(world.sandbox.try_pay(&checkout.session, cards::PAYS).await, 400);
}

async fn closing(world: &World, checkout: &Checkout) {
    let sql = format!("SELECT count(*) FROM orders WHERE id = '{}' AND closing IS NOT NULL", checkout.order);
    eventually(SOON, "the order is closing", async || world.databases.orders.number(&sql).await == 1).await;
}

#[tokio::test]
async fn fault_43_a_session_that_arrives_after_the_end_is_never_payable() {
    let world = World::start().await;
    let (ada, eve) = (world.user("ada"), world.user("eve"));
    hold(&world).await;
    let ending = async {
        let cancelled = made_unanswered(&world, "ada").await;
        let cancel = async {
            let (status, answer) = ada.cancel(&cancelled).await;
            assert!(status == 200 || status == 202, "{status} {answer}");
        };
        let expired = made_unanswered(&world, "eve").await;
        let rest = async {
            world.deadline_passes(&expired).await;
            closing(&world, &cancelled).await;
            closing(&world, &expired).await;
            for shopper in [(&ada, &cancelled), (&eve, &expired)] {
                assert_eq!(shopper.0.order(shopper.1).await["status"], "pending", "Stripe has not answered");
            }
            release(&world).await;
        };
        tokio::join!(cancel, rest);
        (cancelled, expired)
    };
    let (one, other, (cancelled, expired)) = tokio::join!(
        ada.try_checkout("card", &[("mug", 1)]),
        eve.try_checkout("card", &[("rare", 1)]),
        ending
    );
    for (status, answer) in [one, other] {
        assert!(status == 409 || status == 503, "no page to pay on: {status} {answer}");
    }
    for (shopper, checkout, status) in [(&ada, &cancelled, "cancelled"), (&eve, &expired, "expired")] {
        is_never_payable(&world, checkout).await;
        shopper.sees(checkout, status, "expired").await;
    }
    assert_eq!((ada.available("mug").await, ada.available("rare").await), (100, 1));
    let ending = world.ending().await;
    assert!(ending.captures.is_empty(), "{ending:?}");
    let mails = [format!("order_cancelled {}", cancelled.order), format!("order_expired {}", expired.order)];
    assert_eq!(ending.mails, mails);
}

#[tokio::test]
async fn fault_43_a_session_paid_before_its_answer_arrives_settles_the_closing_order() {
    let world = World::start().await;
    let ada: Shopper = world.user("ada");
    let deliveries = json!({ "drop": "all" });
    let held = json!({ "deliveries": deliveries, "held": [{ "method": "POST", "path": CREATE }] });
    world.sandbox.faults(&held).await;
    let ending = async {
        let checkout = made_unanswered(&world, "ada").await;
        world.sandbox.pay(&checkout.session, cards::PAYS).await;
        let cancel = ada.cancel(&checkout);
        let rest = async {
            closing(&world, &checkout).await;
            // No webhook ever comes: what the close finds at Stripe is all there is.
            world.sandbox.faults(&json!({ "deliveries": deliveries })).await;
        };
        tokio::join!(cancel, rest);
        checkout
    };
    let (_, checkout) = tokio::join!(ada.try_checkout("card", &[("mug", 1)]), ending);
    ada.sees(&checkout, "paid", "succeeded").await;
    world.ending().await.paid_once(&checkout.order, vec![format!("order_confirmed {}", checkout.order)]);
}
