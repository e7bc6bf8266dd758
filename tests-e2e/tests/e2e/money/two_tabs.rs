//! One order in several tabs: never two Sessions that can be paid.

use std::collections::BTreeSet;

use futures::future::join_all;
use serde_json::json;
use test_support::eventually;

use tests_e2e::world::{Checkout, SOON, Shopper, World, cards};

async fn open_sessions(world: &World) -> usize {
    world.sandbox.sessions().await.iter().filter(|session| session["status"] == "open").count()
}

async fn retries(guest: &Shopper, checkout: &Checkout) -> BTreeSet<String> {
    let retries = join_all((0..6).map(|_| guest.retry(checkout))).await;
    retries.into_iter().map(|retry| retry.session).collect()
}

#[tokio::test]
async fn fault_44_tabs_that_ask_at_once_get_the_one_open_session() {
    let world = World::start().await;
    let guest = world.guest();
    let first = guest.checkout(&[("mug", 1)]).await;
    assert_eq!(retries(&guest, &first).await, BTreeSet::from([first.session.clone()]));

    world.sandbox.expire(&first.session).await;
    guest.sees(&first, "pending", "expired").await;
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
async fn fault_44_a_tab_that_asks_while_the_session_is_made_gets_the_same() {
    let world = World::start().await;
    let guest = world.guest();
    let first = guest.checkout(&[("mug", 1)]).await;
    world.sandbox.expire(&first.session).await;
    guest.sees(&first, "pending", "expired").await;

    let create = "/v1/checkout/sessions";
    world.sandbox.faults(&json!({ "held": [{ "method": "POST", "path": create }] })).await;
    let asked = async |calls: u64| {
        let what = format!("Stripe was asked {calls} times");
        eventually(SOON, what, async || world.sandbox.calls("POST", create).await >= calls).await;
    };
    let second_tab = async {
        asked(2).await;
        guest.try_retry(&first).await
    };
    let release = async {
        // Once for each tab, under one key.
        asked(3).await;
        world.sandbox.faults(&json!({})).await;
    };
    let (one, two, ()) = tokio::join!(guest.try_retry(&first), second_tab, release);
    let last = guest.retry(&first).await;
    assert_ne!(last.session, first.session);
    for (status, answer) in [one, two] {
        // Who waited too long for the answer was told so, and asks again.
        assert!(status == 503 || answer["sessionId"] == last.session.as_str(), "{status} {answer}");
    }
    assert_eq!(open_sessions(&world).await, 1);
    world.sandbox.pay(&last.session, cards::PAYS).await;
    guest.sees(&first, "paid", "succeeded").await;
    world.ending().await.paid_once(&first.order, vec![format!("order_confirmed {}", first.order)]);
}

#[tokio::test]
async fn fault_44_the_same_cart_sent_twice_is_one_order() {
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
