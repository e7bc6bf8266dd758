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
async fn fault_32_all_orders_of_four_events_converge() {
    let world = World::start().await;
    world.sandbox.drop_webhooks().await;
    let orders = permutations(&[0, 1, 2, 3]);
    let mut runs: Vec<(Shopper, Checkout)> = Vec::new();
    for orders in orders.chunks(6) {
        runs.extend(join_all(orders.iter().map(|order| deliver(&world, order))).await);
    }

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

/// What a Session sends of which a part is given back.
const WITH_REFUND: [&str; 3] = ["checkout.session.completed", "payment_intent.succeeded", "charge.refunded"];

#[tokio::test]
async fn fault_32_refunds_in_the_mix_converge() {
    let world = World::start().await;
    world.sandbox.drop_webhooks().await;
    let orders = permutations(&[0, 1, 2]);
    let runs = join_all(orders.iter().map(async |order| {
        let guest = world.guest();
        let checkout = guest.checkout(&[("mug", 1)]).await;
        world.sandbox.pay(&checkout.session, cards::PAYS).await;
        world.sandbox.refund_part(&checkout.session, 500).await;
        let events = world.sandbox.events_of(&checkout.session, &WITH_REFUND).await;
        for &index in order {
            let event = events.iter().find(|event| event["type"] == WITH_REFUND[index]).unwrap();
            world.webhook.accept(event).await;
        }
        (guest, checkout)
    }))
    .await;
    for (guest, checkout) in &runs {
        let order = guest.sees(checkout, "paid", "partially_refunded").await;
        assert_eq!(
            (&order["payment"]["amount"], &order["payment"]["amountRefunded"]),
            (&1250.into(), &500.into())
        );
    }
    let ending = world.ending().await;
    assert_eq!(ending.captures.len(), 6);
    for (topic, count) in [("payment.successful", 6), ("payment.refunded", 6), ("order.paid", 6)] {
        assert_eq!(ending.published[topic], count, "{topic}");
    }
    let told = |kind: &str| ending.mails.iter().filter(|mail| mail.starts_with(kind)).count();
    assert_eq!((told("order_confirmed "), told("payment_refunded "), ending.mails.len()), (6, 6, 12));
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
