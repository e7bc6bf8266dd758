//! Money for an order that has ended: all of its goods and it is paid, or none and the money goes back once.

use std::collections::BTreeMap;

use futures::future::join_all;
use serde_json::Value;

use tests_e2e::world::{Checkout, Shopper, World, cards, header};

use super::{again, pays_unheard, refunds};

/// One order is cancelled and one expires; both were paid, which nobody knows yet.
async fn two_ended(world: &World, carts: [&[(&str, u32)]; 2]) -> [(Shopper, Checkout, Vec<Value>); 2] {
    world.sandbox.drop_webhooks().await;
    let [first, second] = carts;
    let canceller = world.guest();
    let cancelled = canceller.checkout(first).await;
    let truth = pays_unheard(world, &canceller, &cancelled).await;
    canceller.cancel(&cancelled).await;
    canceller.sees(&cancelled, "cancelled", "expired").await;
    world.mailed("order_cancelled", &cancelled.order).await;

    let sleeper = world.guest();
    let expired = sleeper.checkout(second).await;
    let late = pays_unheard(world, &sleeper, &expired).await;
    world.deadline_passes(&expired).await;
    sleeper.sees(&expired, "expired", "expired").await;
    world.mailed("order_expired", &expired.order).await;
    [(canceller, cancelled, truth), (sleeper, expired, late)]
}

fn mails(ended: &[(Shopper, Checkout, Vec<Value>); 2]) -> Vec<String> {
    let [(_, cancelled, _), (_, expired, _)] = ended;
    vec![format!("order_cancelled {}", cancelled.order), format!("order_expired {}", expired.order)]
}

#[tokio::test]
async fn fault_34_late_money_revives_ended_orders_whose_goods_are_all_there() {
    let world = World::start().await;
    let ended = two_ended(&world, [&[("mug", 2), ("poster", 1)], &[("mug", 1), ("rare", 1)]]).await;
    let stock = async |guest: &Shopper| {
        join_all(["mug", "poster", "rare"].map(|product| guest.available(product))).await
    };
    assert_eq!(stock(&ended[0].0).await, [100, 100, 1], "nothing is held for them");

    let mut expected = mails(&ended);
    for (guest, checkout, truth) in &ended {
        join_all(truth.iter().map(|event| world.webhook.accept(event))).await;
        guest.sees(checkout, "paid", "succeeded").await;
        expected.push(format!("order_confirmed {}", checkout.order));
    }
    assert_eq!(stock(&ended[0].0).await, [97, 99, 0]);
    let ending = world.ending().await;
    expected.sort();
    assert_eq!(ending.mails, expected);
    assert_eq!(ending.captures, ended.iter().map(|(_, one, _)| (one.order.clone(), 1)).collect());
    assert_eq!(ending.published.get("order.refund_requested"), None);
    assert_eq!((ending.published["order.paid"], ending.published["payment.successful"]), (2, 2));
    let subjects: Vec<String> = world.mails().iter().map(|mail| header(mail, "Subject")).collect();
    let after_all = subjects.iter().filter(|subject| subject.ends_with("is confirmed after all"));
    assert_eq!(after_all.count(), 2, "{subjects:?}");
}

#[tokio::test]
async fn fault_34_late_money_goes_back_once_when_one_of_several_goods_is_gone() {
    let world = World::start().await;
    let ended = two_ended(&world, [&[("mug", 2), ("rare", 1)], &[("mug", 1), ("rare", 1)]]).await;
    let quick = world.guest();
    let bought = quick.checkout(&[("rare", 1)]).await;
    world.sandbox.pay(&bought.session, cards::PAYS).await;
    quick.verify(&bought.session).await;
    quick.sees(&bought, "paid", "succeeded").await;

    let mut expected = mails(&ended);
    expected.push(format!("order_confirmed {}", bought.order));
    for ((guest, checkout, truth), status) in ended.iter().zip(["cancelled", "expired"]) {
        // Twice, and the second time as other events.
        let copies: Vec<Value> =
            truth.iter().flat_map(|event| [event.clone(), again(event, "too")]).collect();
        join_all(copies.iter().map(|event| world.webhook.accept(event))).await;
        guest.sees(checkout, status, "refunded").await;
        // Told once more after the refund, it is as far from being paid as before.
        let reports = world.sandbox.events_of(&checkout.session, &["charge.refunded"]).await;
        let after = truth.iter().map(|event| again(event, "after")).chain(reports);
        for event in after {
            world.webhook.accept(&event).await;
        }
        expected.extend(refunds(&world, checkout).await.iter().map(|id| format!("payment_refunded {id}")));
    }
    let ending = world.ending().await;
    expected.sort();
    assert_eq!(ending.mails, expected);
    assert_eq!(ending.captures, BTreeMap::from([(bought.order.clone(), 1)]));
    for (topic, count) in [("order.refund_requested", 2), ("payment.refunded", 2), ("order.paid", 1)] {
        assert_eq!(ending.published[topic], count, "{topic}");
    }
    assert_eq!(quick.available("mug").await, 100, "all or none: the mugs were not taken either");
    for ((guest, checkout, _), (status, sum)) in
        ended.iter().zip([("cancelled", "$75.00"), ("expired", "$62.50")])
    {
        guest.sees(checkout, status, "refunded").await;
        let account = world.sandbox.account(&checkout.session).await;
        assert_eq!(
            (account["refunds"].as_array().unwrap().len(), &account["refunded"]),
            (1, &account["captured"])
        );
        let told = world.mails().into_iter().filter(|mail| {
            header(mail, "Subject") == "We have refunded your payment" && header(mail, "To") == guest.email
        });
        let told: Vec<String> = told.collect();
        assert_eq!(told.len(), 1);
        assert!(
            told[0].contains(sum) && told[0].contains("arrived after the order had ended"),
            "{}",
            told[0]
        );
    }
}

#[tokio::test]
async fn fault_34_money_that_is_back_already_revives_nothing() {
    let world = World::start().await;
    let ended = two_ended(&world, [&[("mug", 1)], &[("mug", 1)]]).await;
    let mut expected = mails(&ended);
    // Somebody gives back all of one in two parts, and a part of the other; then one report tells of the capture and
    // of all that followed.
    let given = [vec![500, 750], vec![500]];
    for ((guest, checkout, truth), (parts, status)) in
        ended.iter().zip(given.iter().zip(["cancelled", "expired"]))
    {
        for amount in parts {
            world.sandbox.refund_part(&checkout.session, *amount).await;
        }
        let report = world.sandbox.events_of(&checkout.session, &["charge.refunded"]).await.pop().unwrap();
        world.webhook.accept(&report).await;
        guest.sees(checkout, status, "refunded").await;
        for event in truth {
            world.webhook.accept(event).await;
        }
        let refunds = refunds(&world, checkout).await;
        assert_eq!(refunds.len(), 2, "what was left went back, too");
        expected.extend(refunds.iter().map(|id| format!("payment_refunded {id}")));
    }
    let ending = world.ending().await;
    expected.sort();
    assert_eq!(ending.mails, expected);
    assert!(ending.captures.is_empty(), "{ending:?}");
    assert_eq!(ending.published.get("order.paid"), None);
    assert_eq!((ending.published["payment.successful"], ending.published["order.refund_requested"]), (2, 1));
}

#[tokio::test]
async fn fault_34_a_success_told_again_after_its_refund_changes_nothing() {
    let world = World::start().await;
    world.sandbox.drop_webhooks().await;
    let guest = world.guest();
    let checkout = guest.checkout(&[("mug", 1)]).await;
    world.sandbox.pay(&checkout.session, cards::PAYS).await;
    guest.verify(&checkout.session).await;
    guest.sees(&checkout, "paid", "succeeded").await;
    world.sandbox.refund(&checkout.session).await;
    let kinds = ["charge.refunded", "checkout.session.completed", "payment_intent.succeeded"];
    let events = world.sandbox.events_of(&checkout.session, &kinds).await;
    world.webhook.accept(&events[0]).await;
    guest.sees(&checkout, "paid", "refunded").await;
    for event in &events {
        world.webhook.accept(&again(event, "after")).await;
    }
    let ending = world.ending().await;
    guest.sees(&checkout, "paid", "refunded").await;
    assert!(ending.captures.is_empty(), "{ending:?}");
    for topic in ["payment.successful", "payment.refunded", "order.paid"] {
        assert_eq!(ending.published[topic], 1, "{topic}");
    }
    let refund = refunds(&world, &checkout).await.remove(0);
    assert_eq!(
        ending.mails,
        [format!("order_confirmed {}", checkout.order), format!("payment_refunded {refund}")]
    );
}
