//! A Session that ended unpaid, and an order that did.

use tests_e2e::world::{World, cards};

#[tokio::test]
async fn an_expired_session_is_replaced() {
    let world = World::start().await;
    let guest = world.guest();
    let first = guest.checkout(&[("poster", 1)]).await;
    world.sandbox.expire(&first.session).await;
    guest.sees(&first, "pending", "expired").await;

    let second = guest.retry(&first).await;
    assert_eq!(second.order, first.order);
    assert_ne!(second.session, first.session);
    guest.sees(&first, "pending", "pending").await;
    world.sandbox.pay(&second.session, cards::PAYS).await;
    let order = guest.sees(&first, "paid", "succeeded").await;
    assert_eq!(order["payment"]["attempts"], 2);
    world.ending().await.paid_once(&first.order, vec![format!("order_confirmed {}", first.order)]);
}

#[tokio::test]
async fn an_expired_order_lets_its_stock_go_and_holds_it_again() {
    let world = World::start().await;
    let guest = world.guest();
    let first = guest.checkout(&[("rare", 1)]).await;
    assert_eq!(guest.available("rare").await, 0);
    world.deadline_passes(&first).await;
    guest.sees(&first, "expired", "expired").await;
    assert_eq!(guest.available("rare").await, 1);
    assert_eq!(world.sandbox.session(&first.session).await["status"], "expired", "closed at Stripe first");

    // It is not sent any more when the order is paid before.
    world.mailed("order_expired", &first.order).await;
    let second = guest.retry(&first).await;
    assert_eq!(guest.available("rare").await, 0);
    guest.sees(&first, "pending", "pending").await;
    world.sandbox.pay(&second.session, cards::PAYS).await;
    guest.sees(&first, "paid", "succeeded").await;

    let mails = vec![format!("order_expired {}", first.order), format!("order_confirmed {}", first.order)];
    world.ending().await.paid_once(&first.order, mails);
}

#[tokio::test]
async fn an_expired_order_cannot_be_retried_when_its_stock_is_gone() {
    let world = World::start().await;
    let (late, quick) = (world.guest(), world.guest());
    let missed = late.checkout(&[("rare", 1)]).await;
    world.deadline_passes(&missed).await;
    late.sees(&missed, "expired", "expired").await;

    let bought = quick.checkout(&[("rare", 1)]).await;
    world.sandbox.pay(&bought.session, cards::PAYS).await;
    quick.sees(&bought, "paid", "succeeded").await;
    let (status, answer) = late.try_retry(&missed).await;
    assert_eq!((status.as_u16(), &answer["code"]), (409, &"out_of_stock".into()), "{answer}");

    let mails = vec![format!("order_expired {}", missed.order), format!("order_confirmed {}", bought.order)];
    world.ending().await.paid_once(&bought.order, mails);
}
