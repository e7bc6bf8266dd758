//! The main flow: checkout, Stripe's page, webhook, event, paid, mail.

use std::time::Duration;

use test_support::{brokers, read_topic};

use tests_e2e::world::{World, cards, header};

#[tokio::test]
async fn a_guest_pays() {
    let world = World::start().await;
    let guest = world.guest();
    let before = guest.available("mug").await;
    let checkout = guest.checkout(&[("mug", 2), ("poster", 1)]).await;
    assert_eq!(checkout.body["order"]["status"], "pending");
    assert_eq!(checkout.body["order"]["amount"], 2 * 1250 + 2999);
    assert_eq!(guest.available("mug").await, before - 2, "held while the customer pays");

    assert_eq!(world.sandbox.pay(&checkout.session, cards::PAYS).await["outcome"], "paid");
    let order = guest.sees(&checkout, "paid", "succeeded").await;
    assert_eq!(order["payment"]["sessionId"], checkout.session.as_str());
    assert_eq!(order["total"].to_string(), "54.99");
    assert_eq!(guest.available("mug").await, before - 2, "sold");

    let ending = world.ending().await;
    ending.paid_once(&checkout.order, vec![format!("order_confirmed {}", checkout.order)]);
    assert_eq!(header(&world.mails()[0], "To"), guest.email);
}

#[tokio::test]
async fn a_user_pays_and_nobody_else_sees_the_order() {
    let world = World::start().await;
    let user = world.user("ada");
    let checkout = user.checkout(&[("poster", 1)]).await;
    assert!(checkout.token.is_none(), "users need no order token");
    world.sandbox.pay(&checkout.session, cards::PAYS).await;
    let order = user.sees(&checkout, "paid", "succeeded").await;
    assert_eq!((&order["user"], &order["email"]), (&"ada".into(), &"ada@example.com".into()));

    let path = format!("/api/orders/{}", checkout.order);
    for stranger in [world.user("eve"), world.guest()] {
        let (status, _) = stranger.get(&path).await;
        assert_eq!(status, 404);
    }
    let (status, seen) = world.guest().by_session(&checkout.session).await;
    assert_eq!((status.as_u16(), &seen["status"]), (200, &"paid".into()));
    assert!(seen["email"].is_null() && seen["shippingAddress"].is_null(), "{seen}");

    let ending = world.ending().await;
    ending.paid_once(&checkout.order, vec![format!("order_confirmed {}", checkout.order)]);
}

/// What any other team's consumer reads.
#[tokio::test]
async fn the_event_on_the_broker_is_the_contract() {
    let world = World::start().await;
    let guest = world.guest();
    let checkout = guest.checkout(&[("mug", 3)]).await;
    world.sandbox.pay(&checkout.session, cards::PAYS).await;

    let topic = world.topic("payment.successful");
    let read = read_topic(&brokers(), &topic, Duration::from_secs(30), |read| !read.is_empty()).await;
    let message = &read[0];
    let event = message.json();
    assert_eq!(message.key.as_deref(), Some(checkout.order.as_str()));
    for (name, value) in [
        ("ce_specversion", "1.0"),
        ("ce_type", "payment.successful"),
        ("ce_source", "/payment-service"),
        ("ce_id", event["eventId"].as_str().unwrap()),
        ("content-type", "application/json"),
    ] {
        assert_eq!(message.headers.get(name).map(String::as_str), Some(value), "{name}");
    }
    assert!(message.headers.contains_key("traceparent") && message.headers.contains_key("ce_time"));
    assert_eq!(event["eventType"], "payment.successful");
    let data = &event["data"];
    assert_eq!(
        (&data["orderId"], &data["sessionId"]),
        (&checkout.order.as_str().into(), &checkout.session.as_str().into())
    );
    assert_eq!((&data["amount"], &data["currency"]), (&3750.into(), &"usd".into()));
    assert_eq!((&data["userId"], &data["email"]), (&"guest".into(), &guest.email.as_str().into()));
    assert_eq!(
        (&data["status"], &data["sequence"]),
        (&"succeeded".into(), &2.into()),
        "created was the first"
    );
    assert!(data["paymentIntentId"].as_str().unwrap().starts_with("pi_"));
    world.ending().await.paid_once(&checkout.order, vec![format!("order_confirmed {}", checkout.order)]);
}
