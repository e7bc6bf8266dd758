//! One order in several tabs: never two Sessions that can be paid.

use std::collections::BTreeSet;

use futures::future::join_all;

use tests_e2e::world::{Checkout, Shopper, World, cards};

async fn open_sessions(world: &World) -> usize {
    world.sandbox.sessions().await.iter().filter(|session| session["status"] == "open").count()
}

async fn retries(guest: &Shopper, checkout: &Checkout) -> BTreeSet<String> {
    let retries = join_all((0..6).map(|_| guest.retry(checkout))).await;
    retries.into_iter().map(|retry| retry.session).collect()
}

#[tokio::test]
async fn tabs_that_ask_at_once_get_the_one_open_session() {
    let world = World::start().await;
    let guest = world.guest();
    let first = guest.checkout(&[("mug", 1)]).await;
    assert_eq!(retries(&guest, &first).await, BTreeSet::from([first.session.clone()]));

    world.sandbox.expire(&first.session).await;
    let second = retries(&guest, &first).await;
    assert_eq!((second.len(), open_sessions(&world).await), (1, 1), "{second:?}");
    let second = second.first().unwrap();
    assert_ne!(*second, first.session);

    world.sandbox.pay(second, cards::PAYS).await;
    guest.sees(&first, "paid", "succeeded").await;
    let (status, answer) = guest.try_retry(&first).await;
    assert_eq!((status.as_u16(), &answer["code"]), (409, &"order_already_paid".into()), "{answer}");
    world.ending().await.paid_once(&first.order, vec![format!("order_confirmed {}", first.order)]);
}

#[tokio::test]
async fn the_same_cart_sent_twice_is_one_order() {
    let world = World::start().await;
    let guest = world.guest();
    let checkouts = join_all((0..2).map(|_| guest.checkout(&[("mug", 1)]))).await;
    let orders: BTreeSet<&String> = checkouts.iter().map(|checkout| &checkout.order).collect();
    assert_eq!((orders.len(), open_sessions(&world).await), (1, 1), "{orders:?}");
    assert_eq!(guest.available("mug").await, 99);

    world.sandbox.pay(&checkouts[1].session, cards::PAYS).await;
    guest.sees(&checkouts[0], "paid", "succeeded").await;
    let order = &checkouts[0].order;
    world.ending().await.paid_once(order, vec![format!("order_confirmed {order}")]);
}
