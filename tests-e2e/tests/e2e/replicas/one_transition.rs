//! Both replicas of order-service have the same news about one order at the same time.

use futures::future::join_all;
use reqwest::StatusCode;
use test_support::eventually;
use tests_e2e::world::{SOON, Shopper, cards};

use super::twins::{Twins, completion};

#[tokio::test]
async fn fault_29_two_replicas_with_one_order_make_one_transition() {
    let shop = Twins::start().await;
    let (world, database) = (&shop.world, &shop.world.databases.orders);
    let guest = world.guest();
    let checkout = guest.checkout(&[("mug", 1)]).await;
    world.sandbox.drop_webhooks().await;
    world.sandbox.pay(&checkout.session, cards::PAYS).await;

    // Whoever wants the order now meets at its row.
    let held =
        database.hold(&format!("SELECT id FROM orders WHERE id = '{}' FOR UPDATE", checkout.order)).await;
    world.webhook.accept(&completion(&world.sandbox, &checkout.session).await).await;
    eventually(SOON, "one of the consumers has the event", async || database.waiting().await > 0).await;
    let there = guest.at(shop.orders.url(""));
    let released = async {
        eventually(SOON, "three at once", async || match database.waiting().await {
            3.. => Ok(()),
            waiting => Err(waiting),
        })
        .await;
        held.release().await;
    };
    let pages = [&guest, &there].map(|guest| verified(guest, &checkout.session));
    tokio::join!(join_all(pages), released);

    guest.sees(&checkout, "paid", "succeeded").await;
    let ending = world.ending().await;
    let transitions =
        "SELECT from_status || ' ' || to_status FROM order_history WHERE from_status <> to_status";
    assert_eq!(database.texts(transitions).await, ["pending paid"]);
    assert_eq!(guest.available("mug").await, 99);
    ending.paid_once(&checkout.order, vec![format!("order_confirmed {}", checkout.order)]);
}

/// What the success page does: who waited too long is told to ask again.
async fn verified(guest: &Shopper, session: &str) {
    eventually(SOON, "the page is answered", async || match guest.try_verify(session).await {
        (StatusCode::OK, _) => Ok(()),
        other => Err(other),
    })
    .await;
}
