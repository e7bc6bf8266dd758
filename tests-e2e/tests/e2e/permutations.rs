//! Every order of arrival ends alike.

use futures::future::join_all;
use serde_json::Value;

use tests_e2e::world::{Checkout, Shopper, World, cards};

/// What one declined and then successful Session sends; the last is of a type nobody wants.
const KINDS: [&str; 4] = [
    "payment_intent.payment_failed",
    "payment_intent.succeeded",
    "checkout.session.completed",
    "charge.succeeded",
];

#[tokio::test]
async fn all_orders_of_four_events_converge() {
    let world = World::start().await;
    world.sandbox.drop_webhooks().await;
    let orders = permutations(&[0, 1, 2, 3]);
    let runs: Vec<(Shopper, Checkout)> = join_all(orders.iter().map(|order| deliver(&world, order))).await;

    let ending = world.ending().await;
    for (guest, checkout) in &runs {
        let order = guest.sees(checkout, "paid", "succeeded").await;
        assert_eq!(
            (&order["payment"]["amount"], &order["payment"]["amountRefunded"]),
            (&1250.into(), &0.into())
        );
        assert_eq!(ending.captures.get(&checkout.order), Some(&1));
        assert!(ending.mails.contains(&format!("order_confirmed {}", checkout.order)));
    }
    assert_eq!((ending.captures.len(), runs.len()), (24, 24));
    assert_eq!(ending.published["order.paid"], 24);
    assert_eq!(ending.published["payment.successful"], 24);
    // A decline that arrives after a sign of success is no news to anybody: in a third of the orders it is first.
    assert_eq!(ending.published["payment.failed"], 8);
    // Of those declines, only the ones whose mail went out before the success were told to the customer.
    let failed = ending.mails.iter().filter(|mail| mail.starts_with("payment_failed ")).count();
    assert!(failed <= 8 && ending.mails.len() == 24 + failed, "{:?}", ending.mails);
}

/// Buys, pays at the second try, and delivers the events in the given order.
async fn deliver(world: &World, order: &[usize]) -> (Shopper, Checkout) {
    let guest = world.guest();
    let checkout = guest.checkout(&[("mug", 1)]).await;
    world.sandbox.pay(&checkout.session, cards::DECLINED).await;
    world.sandbox.pay(&checkout.session, cards::PAYS).await;
    let events = world.sandbox.events_of(&checkout.session, &KINDS).await;
    let find = |kind: &str| -> &Value { events.iter().find(|event| event["type"] == kind).unwrap() };
    for &index in order {
        world.webhook.accept(find(KINDS[index])).await;
    }
    (guest, checkout)
}

fn permutations(items: &[usize]) -> Vec<Vec<usize>> {
    if items.is_empty() {
        return vec![Vec::new()];
    }
    items
        .iter()
        .flat_map(|&first| {
            let rest: Vec<usize> = items.iter().copied().filter(|&item| item != first).collect();
            permutations(&rest).into_iter().map(move |tail| [vec![first], tail].concat())
        })
        .collect()
}
