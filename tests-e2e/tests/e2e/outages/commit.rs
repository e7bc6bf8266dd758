//! The connection breaks around a commit: whether it came about has to be looked up.

use test_support::{Gate, Moment, eventually};
use tests_e2e::world::{World, cards};

use super::{RECOVERY, becomes_paid, is_problem, paid_once};

/// A world in which `service` reaches its database by `gate`.
async fn behind(gate: &Gate, service: &str) -> World {
    World::with(|name, builder| match builder.value("DATABASE_URL") {
        Some(url) if name == service => {
            let url = gate.in_front_of(url);
            builder.env("DATABASE_URL", url)
        }
        _ => builder,
    })
    .await
}

#[tokio::test]
async fn fault_15_a_checkout_whose_commit_is_not_answered_finds_its_order_by_the_key() {
    for moment in [Moment::BeforeTheAnswer, Moment::BeforeItArrives] {
        let gate = Gate::new();
        let world = behind(&gate, "order-service").await;
        let user = world.user("ada");
        let before = user.available("mug").await;
        // The address is in the order's row alone.
        gate.cut_at([user.email.as_str(), "COMMIT"], moment);
        let (status, order) = user.checkout_under("once", &[("mug", 1)]).await.unwrap();
        assert_eq!(gate.sprung(), 1, "{moment:?}");
        assert_eq!(status, 200, "{moment:?}: {order}");
        let (status, again) = user.checkout_under("once", &[("mug", 1)]).await.unwrap();
        assert_eq!((status.as_u16(), &again["orderId"]), (200, &order["orderId"]), "{again}");
        assert_eq!(again["sessionId"], order["sessionId"]);
        assert_eq!(world.databases.orders.number("SELECT count(*) FROM orders").await, 1, "{moment:?}");
        assert_eq!(world.sandbox.sessions().await.len(), 1, "{moment:?}");
        assert_eq!(user.available("mug").await, before - 1, "{moment:?}");
        let session = order["sessionId"].as_str().unwrap();
        world.sandbox.pay(session, cards::PAYS).await;
        becomes_paid(&user, session).await;
        let id = order["orderId"].as_str().unwrap();
        world.ending().await.paid_once(id, vec![format!("order_confirmed {id}")]);
    }
}

#[tokio::test]
async fn fault_15_a_checkout_without_a_key_finds_its_order_by_buyer_and_cart() {
    let gate = Gate::new();
    let world = behind(&gate, "order-service").await;
    let guest = world.guest();
    gate.cut_at([guest.email.as_str(), "COMMIT"], Moment::BeforeTheAnswer);
    let checkout = guest.checkout(&[("mug", 1)]).await;
    assert_eq!(gate.sprung(), 1);
    assert_eq!(world.databases.orders.number("SELECT count(*) FROM orders").await, 1);
    world.sandbox.pay(&checkout.session, cards::PAYS).await;
    guest.sees(&checkout, "paid", "succeeded").await;
    paid_once(&world, &checkout).await;
}

#[tokio::test]
async fn fault_15_a_webhook_whose_commit_is_not_answered_has_one_effect() {
    for (moment, stored) in [(Moment::BeforeTheAnswer, 1), (Moment::BeforeItArrives, 0)] {
        let gate = Gate::new();
        let world = behind(&gate, "payment-service").await;
        let guest = world.guest();
        let checkout = guest.checkout(&[("mug", 1)]).await;
        world.sandbox.drop_webhooks().await;
        world.sandbox.pay(&checkout.session, cards::PAYS).await;
        let event = world.sandbox.events(&["checkout.session.completed"]).await.remove(0);
        let id = event["id"].as_str().unwrap();
        gate.cut_at([id, "COMMIT"], moment);
        let delivery = world.webhook.deliver(&event).await;
        is_problem(&(delivery.status, delivery.body), "service_unavailable");
        assert_eq!(gate.sprung(), 1);
        let count = format!("SELECT count(*) FROM stripe_events WHERE id = '{id}'");
        eventually(RECOVERY, "the database has noticed", async || {
            let rows = world.databases.payments.number(&count).await;
            if rows == stored { Ok(()) } else { Err(rows) }
        })
        .await;
        world.webhook.accept(&event).await;
        guest.sees(&checkout, "paid", "succeeded").await;
        let ending = world.ending().await;
        assert_eq!(ending.published["payment.successful"], 1, "{moment:?}");
        ending.paid_once(&checkout.order, vec![format!("order_confirmed {}", checkout.order)]);
    }
}
