//! The success page alone is enough.

use tests_e2e::world::{World, cards};

const READ: &str = "/v1/checkout/sessions/*";

#[tokio::test]
async fn verify_pays_the_order_with_every_webhook_dropped_and_one_that_comes_later_changes_nothing() {
    let world = World::start().await;
    world.sandbox.drop_webhooks().await;
    let guest = world.guest();
    let checkout = guest.checkout(&[("mug", 1)]).await;
    world.sandbox.pay(&checkout.session, cards::PAYS).await;

    let reads = world.sandbox.calls("GET", READ).await;
    let verified = guest.verify(&checkout.session).await;
    assert!(verified["success"] == true && verified["paymentStatus"] == "succeeded", "{verified}");
    assert_eq!(verified["order"]["status"], "paid");
    assert!(world.sandbox.calls("GET", READ).await <= reads + 1, "more than one read of Stripe");
    let before = guest.order(&checkout).await;

    let events = world.sandbox.events(&["checkout.session.completed", "payment_intent.succeeded"]).await;
    for event in &events {
        world.webhook.accept(event).await;
    }
    let ending = world.ending().await;
    ending.paid_once(&checkout.order, vec![format!("order_confirmed {}", checkout.order)]);
    assert_eq!(guest.order(&checkout).await, before);
}

#[tokio::test]
async fn verify_of_an_unpaid_session_says_so() {
    let world = World::start().await;
    let guest = world.guest();
    let checkout = guest.checkout(&[("mug", 1)]).await;
    let verified = guest.verify(&checkout.session).await;
    assert_eq!(
        (&verified["paymentStatus"], &verified["order"]["status"]),
        (&"pending".into(), &"pending".into())
    );
    let ending = world.ending().await;
    assert!(ending.captures.is_empty() && ending.mails.is_empty(), "{ending:?}");
}

#[tokio::test]
async fn verify_works_after_both_services_were_killed() {
    let mut world = World::start().await;
    world.sandbox.drop_webhooks().await;
    let guest = world.guest();
    let checkout = guest.checkout(&[("mug", 1)]).await;
    world.payments.restart().await;
    world.orders.restart().await;
    world.sandbox.pay(&checkout.session, cards::PAYS).await;

    let reads = world.sandbox.calls("GET", READ).await;
    assert_eq!(guest.verify(&checkout.session).await["order"]["status"], "paid");
    assert!(world.sandbox.calls("GET", READ).await <= reads + 1, "more than one read of Stripe");
    world.ending().await.paid_once(&checkout.order, vec![format!("order_confirmed {}", checkout.order)]);
}
