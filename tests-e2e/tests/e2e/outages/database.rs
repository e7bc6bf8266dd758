//! The database is stopped, cut off, standing still.

use reqwest::header::CONTENT_TYPE;
use serde_json::json;
use test_support::{Gate, PrivatePostgres, eventually, http_client};
use tests_e2e::world::{Places, World, cards};

use super::{RECOVERY, becomes_paid, checks_out, is_problem, paid_once};

async fn on(postgres: &PrivatePostgres) -> World {
    let places = Places { database_url: postgres.url(), ..Places::default() };
    World::at(places, |_, service| service).await
}

/// A world whose payment-service reaches its database by `gate`.
async fn behind(gate: &Gate) -> World {
    World::with(|name, service| match (name, service.value("DATABASE_URL")) {
        ("payment-service", Some(url)) => {
            let url = gate.in_front_of(url);
            service.env("DATABASE_URL", url)
        }
        _ => service,
    })
    .await
}

#[tokio::test]
async fn fault_13_a_webhook_while_the_database_is_down_is_503_and_stripes_retry_settles_it() {
    let mut postgres = PrivatePostgres::start().await;
    let world = on(&postgres).await;
    let guest = world.guest();
    let checkout = guest.checkout(&[("mug", 1)]).await;
    postgres.stop().await;
    world.sandbox.pay(&checkout.session, cards::PAYS).await;
    let event = world.sandbox.events(&["checkout.session.completed"]).await.remove(0);
    let delivery = world.webhook.deliver(&event).await;
    is_problem(&(delivery.status, delivery.body), "service_unavailable");
    eventually(RECOVERY, "Stripe has tried in vain", async || {
        let deliveries = world.sandbox.deliveries(&event).await;
        deliveries.iter().any(|one| one["attempts"].as_u64() > Some(0) && one["delivered"] == false)
    })
    .await;
    postgres.restart().await;
    eventually(RECOVERY, "Stripe's retry is taken", async || {
        let deliveries = world.sandbox.deliveries(&event).await;
        if deliveries.iter().all(|one| one["delivered"] == true) { Ok(()) } else { Err(deliveries) }
    })
    .await;
    guest.sees(&checkout, "paid", "succeeded").await;
    paid_once(&world, &checkout).await;
}

#[tokio::test]
async fn fault_13_connections_cut_at_every_step_lose_nothing() {
    let postgres = PrivatePostgres::start().await;
    let mut world = on(&postgres).await;
    // A mail that is cut off on its way is sent twice, as it has to be: another test's matter.
    assert!(world.notifications.terminate().await.success(), "{}", world.notifications.log());
    let guest = world.guest();
    postgres.cut_connections().await;
    let checkout = checks_out(&guest, &[("mug", 1)]).await;
    postgres.cut_connections().await;
    world.sandbox.pay(&checkout.session, cards::PAYS).await;
    for _ in 0..10 {
        postgres.cut_connections().await;
        let (status, _) = world.guest().get("/api/products?limit=100").await;
        assert!(status == 200 || status == 503, "{status}");
    }
    becomes_paid(&guest, &checkout.session).await;
    world.notifications.restart().await;
    paid_once(&world, &checkout).await;
}

#[tokio::test]
async fn fault_14_a_checkout_while_the_database_is_down_is_503_before_stripe_is_called() {
    let mut postgres = PrivatePostgres::start().await;
    let world = on(&postgres).await;
    let guest = world.guest();
    let before = guest.available("mug").await;
    postgres.stop().await;
    is_problem(&guest.try_checkout("card", &[("mug", 2)]).await, "service_unavailable");
    let answer = http_client().get(world.orders.url("/api/products")).send().await.unwrap();
    assert_eq!(answer.status(), 503);
    assert_eq!(answer.headers()[CONTENT_TYPE], "application/problem+json");
    assert_eq!(world.sandbox.calls("POST", "/v1/checkout/sessions").await, 0);
    postgres.restart().await;
    eventually(RECOVERY, "nothing is held", async || {
        let (status, body) = guest.get("/api/products?limit=100").await;
        if status != 200 {
            return Err(format!("{status} {body}"));
        }
        assert_eq!(guest.available("mug").await, before);
        Ok(())
    })
    .await;
    let checkout = checks_out(&guest, &[("mug", 2)]).await;
    world.sandbox.pay(&checkout.session, cards::PAYS).await;
    guest.sees(&checkout, "paid", "succeeded").await;
    assert_eq!(guest.available("mug").await, before - 2);
    assert_eq!(world.databases.orders.number("SELECT count(*) FROM orders").await, 1);
    paid_once(&world, &checkout).await;
}

#[tokio::test]
async fn fault_14_payments_database_down_keeps_the_order_and_the_same_call_goes_on() {
    let gate = Gate::new();
    let world = behind(&gate).await;
    let user = world.user("ada");
    gate.refuse().await;
    let (status, refused) = user.checkout_under("one", &[("mug", 1)]).await.unwrap();
    assert_eq!((status.as_u16(), &refused["code"]), (503, &json!("service_unavailable")), "{refused}");
    assert_eq!(world.sandbox.calls("POST", "/v1/checkout/sessions").await, 0);
    gate.open().await;
    let order = eventually(RECOVERY, "the same call goes on", async || {
        let (status, body) = user.checkout_under("one", &[("mug", 1)]).await.unwrap();
        if status == 200 { Ok(body) } else { Err(format!("{status} {body}")) }
    })
    .await;
    assert_eq!(order["orderId"], refused["orderId"]);
    assert_eq!(world.databases.orders.number("SELECT count(*) FROM orders").await, 1);
    assert_eq!(world.sandbox.sessions().await.len(), 1);
    let session = order["sessionId"].as_str().unwrap();
    world.sandbox.pay(session, cards::PAYS).await;
    becomes_paid(&user, session).await;
    let id = order["orderId"].as_str().unwrap();
    world.ending().await.paid_once(id, vec![format!("order_confirmed {id}")]);
}

/// A server that stands still ends nothing by itself: the bounds are ours.
#[tokio::test]
async fn fault_13_a_database_that_stands_still_is_503_and_everything_goes_on_after_it() {
    let gate = Gate::new();
    let world = behind(&gate).await;
    let guest = world.guest();
    let checkout = guest.checkout(&[("mug", 1)]).await;
    world.sandbox.drop_webhooks().await;
    world.sandbox.pay(&checkout.session, cards::PAYS).await;
    let event = world.sandbox.events(&["checkout.session.completed"]).await.remove(0);
    gate.hang().await;
    let delivery = world.webhook.patient().deliver(&event).await;
    is_problem(&(delivery.status, delivery.body), "service_unavailable");
    gate.open().await;
    eventually(RECOVERY, "webhooks are taken again", async || {
        world.webhook.patient().deliver(&event).await.status == 200
    })
    .await;
    guest.sees(&checkout, "paid", "succeeded").await;
    paid_once(&world, &checkout).await;
}
