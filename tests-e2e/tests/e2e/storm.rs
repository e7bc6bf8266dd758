//! The same webhook a hundred times, and the sandbox's own duplicates.

use futures::future::join_all;
use serde_json::json;

use tests_e2e::world::{World, cards};

#[tokio::test]
async fn a_hundred_concurrent_duplicates_have_one_effect() {
    let world = World::start().await;
    let guest = world.guest();
    let checkout = guest.checkout(&[("mug", 1)]).await;
    world.sandbox.drop_webhooks().await;
    world.sandbox.pay(&checkout.session, cards::PAYS).await;

    let events = world.sandbox.events(&["checkout.session.completed", "payment_intent.succeeded"]).await;
    assert_eq!(events.len(), 2);
    join_all(events.iter().cycle().take(100).map(|event| world.webhook.accept(event))).await;
    guest.sees(&checkout, "paid", "succeeded").await;

    let ending = world.ending().await;
    ending.paid_once(&checkout.order, vec![format!("order_confirmed {}", checkout.order)]);
    assert_eq!(ending.published["payment.successful"], 1);
    assert_eq!(ending.published["payment.created"], 1);
}

#[tokio::test]
async fn duplicated_and_reordered_deliveries_of_everything() {
    let world = World::start().await;
    world.sandbox.faults(&json!({ "deliveries": { "duplicate": 9, "reorder": true } })).await;
    let guest = world.guest();
    let checkout = guest.checkout(&[("mug", 1)]).await;
    world.sandbox.pay(&checkout.session, cards::DECLINED).await;
    let payment = world.payments_of(&checkout.order).await.remove(0);
    world.mailed("payment_failed", &payment).await;
    world.sandbox.pay(&checkout.session, cards::PAYS).await;
    guest.sees(&checkout, "paid", "succeeded").await;

    let mails = vec![format!("order_confirmed {}", checkout.order), format!("payment_failed {payment}")];
    world.ending().await.paid_once(&checkout.order, mails);
}
