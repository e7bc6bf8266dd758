//! The same webhook a hundred times, one fact under several ids, and the sandbox's own duplicates.

use futures::future::join_all;
use serde_json::json;
use test_support::eventually;

use tests_e2e::world::{SOON, World, cards};

use super::again;

#[tokio::test]
async fn fault_30_a_hundred_concurrent_duplicates_have_one_effect() {
    let world = World::with(|name, service| match name {
        "payment-service" => service.env("DATABASE_MAX_CONNECTIONS", "25"),
        _ => service,
    })
    .await;
    let guest = world.guest();
    let checkout = guest.checkout(&[("mug", 1)]).await;
    world.sandbox.drop_webhooks().await;
    world.sandbox.pay(&checkout.session, cards::PAYS).await;

    let events = world.sandbox.events(&["checkout.session.completed", "payment_intent.succeeded"]).await;
    assert_eq!(events.len(), 2);
    let deliveries = events.iter().cycle().take(100).map(async |event| {
        eventually(SOON, "it is taken", async || {
            let delivery = world.webhook.deliver(event).await;
            // On a slow machine some wait too long for a connection and are told to come again, as Stripe does.
            assert!(delivery.status == 200 || delivery.status == 503, "{delivery:?}");
            if delivery.status == 200 { Ok(()) } else { Err(delivery) }
        })
        .await;
    });
    join_all(deliveries).await;
    guest.sees(&checkout, "paid", "succeeded").await;

    let ending = world.ending().await;
    ending.paid_once(&checkout.order, vec![format!("order_confirmed {}", checkout.order)]);
    assert_eq!(ending.published["payment.successful"], 1);
    assert_eq!(ending.published["payment.created"], 1);
}

#[tokio::test]
async fn fault_31_one_fact_under_many_ids_has_one_effect() {
    let world = World::start().await;
    let guest = world.guest();
    let checkout = guest.checkout(&[("mug", 1)]).await;
    world.sandbox.drop_webhooks().await;
    world.sandbox.pay(&checkout.session, cards::PAYS).await;

    let kinds = ["checkout.session.completed", "payment_intent.succeeded"];
    let events = world.sandbox.events_of(&checkout.session, &kinds).await;
    let copies: Vec<_> = (0..20).map(|copy| again(&events[copy % 2], &copy.to_string())).collect();
    join_all(copies.iter().map(|event| world.webhook.accept(event))).await;
    guest.sees(&checkout, "paid", "succeeded").await;

    let ending = world.ending().await;
    ending.paid_once(&checkout.order, vec![format!("order_confirmed {}", checkout.order)]);
    assert_eq!(ending.published["payment.successful"], 1);
    let taken = "SELECT count(*) FROM stripe_events WHERE state = 'processed'";
    assert_eq!(world.databases.payments.number(taken).await, 20, "each id is an event of its own");
}

#[tokio::test]
async fn fault_30_duplicated_and_reordered_deliveries_of_everything() {
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
