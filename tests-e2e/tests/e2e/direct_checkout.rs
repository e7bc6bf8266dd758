//! A frontend that knows payment-service only: names and prices, no order of ours.

use serde_json::json;
use test_support::eventually;

use tests_e2e::world::{SOON, World, cards, price, text};

#[tokio::test]
async fn the_order_is_made_from_the_payment() {
    let world = World::start().await;
    let body = json!({
        "products": [
            { "name": "mug", "price": price(1250), "quantity": 2 },
            { "name": "poster", "price": price(2999), "quantity": 1, "image": "https://shop.example/poster.png" },
        ],
        "successUrl": "http://localhost:3000/paid", "cancelUrl": "http://localhost:3000/cart",
        "customerEmail": "direct@example.com",
    });
    let (status, made) = world.post(&world.payments, "/api/payments/create-checkout-session", &body).await;
    assert_eq!(status, 200, "{made}");
    let (session, order) = (text(&made["sessionId"]), text(&made["orderId"]));
    assert_eq!((&made["id"], &made["amount"]), (&made["sessionId"], &5499.into()));

    // At once, though the event may not have arrived yet.
    let (status, seen) = world.guest().by_session(&session).await;
    assert_eq!(status, 200, "{seen}");

    world.sandbox.pay(&session, cards::PAYS).await;
    eventually(SOON, "the order is paid", async || {
        let (_, seen) = world.guest().by_session(&session).await;
        if seen["status"] == "paid" { Ok(()) } else { Err(seen) }
    })
    .await;
    assert_eq!(world.guest().available("mug").await, 98);
    world.ending().await.paid_once(&order, vec![format!("order_confirmed {order}")]);
}

#[tokio::test]
async fn a_price_unlike_the_catalogues_is_refused() {
    let world = World::start().await;
    for (name, cents) in [("mug", 1249), ("no such thing", 1250)] {
        let body = json!({
            "products": [{ "name": name, "price": price(cents), "quantity": 1 }],
            "successUrl": "http://localhost:3000/paid", "cancelUrl": "http://localhost:3000/cart",
        });
        let (status, answer) =
            world.post(&world.payments, "/api/payments/create-checkout-session", &body).await;
        assert_eq!(
            (status.as_u16(), &answer["code"]),
            (422, &"price_verification_failed".into()),
            "{answer}"
        );
    }
    assert_eq!(world.sandbox.calls("POST", "/v1/checkout/sessions").await, 0);
    let ending = world.ending().await;
    assert!(ending.captures.is_empty() && ending.mails.is_empty(), "{ending:?}");
}
