//! Cancel races payment: paid or not, never neither, never both.

use std::collections::BTreeMap;

use futures::future::join_all;
use serde_json::json;
use test_support::eventually;

use tests_e2e::world::{Checkout, SOON, Shopper, World, cards};

/// How many times the customer looks at the order first: in the tab that pays, in the tab that cancels.
const STARTS: [(usize, usize); 6] = [(0, 0), (0, 1), (1, 0), (0, 3), (3, 0), (2, 2)];
const EXPIRE: &str = "/v1/checkout/sessions/*/expire";

async fn race(world: &World, (before_paying, before_cancelling): (usize, usize)) -> (Shopper, Checkout) {
    let guest = world.guest();
    let checkout = guest.checkout(&[("mug", 1)]).await;
    let look = async |times: usize| {
        for _ in 0..times {
            guest.order(&checkout).await;
        }
    };
    let pay = async {
        look(before_paying).await;
        world.sandbox.try_pay(&checkout.session, cards::PAYS).await
    };
    let cancel = async {
        look(before_cancelling).await;
        guest.cancel(&checkout).await
    };
    let (paid, (status, answer)) = tokio::join!(pay, cancel);
    assert!([200, 400].contains(&paid), "{paid}");
    assert!([200, 202, 409].contains(&status.as_u16()), "{status} {answer}");
    (guest, checkout)
}

#[tokio::test]
async fn fault_43_cancel_races_payment() {
    let world = World::start().await;
    let mut runs = Vec::new();
    // Again with webhooks doubled and out of order.
    for deliveries in [json!({}), json!({ "duplicate": 2, "reorder": true })] {
        world.sandbox.faults(&json!({ "deliveries": deliveries })).await;
        for starts in STARTS.chunks(2) {
            runs.extend(join_all(starts.iter().map(|start| race(&world, *start))).await);
        }
    }

    let mut captures = BTreeMap::new();
    let mut mails = Vec::new();
    for (guest, checkout) in &runs {
        let status = eventually(SOON, "the order is paid or cancelled", async || {
            let order = guest.order(checkout).await;
            match order["status"].as_str() {
                Some("paid") => Ok("paid"),
                Some("cancelled") => Ok("cancelled"),
                _ => Err(order),
            }
        })
        .await;
        if status == "paid" {
            captures.insert(checkout.order.clone(), 1);
            mails.push(format!("order_confirmed {}", checkout.order));
        } else {
            mails.push(format!("order_cancelled {}", checkout.order));
        }
    }
    mails.sort();
    let ending = world.ending().await;
    assert_eq!(ending.captures, captures, "what is paid was captured, and nothing else");
    assert_eq!(ending.mails, mails);
    assert_eq!(runs[0].0.available("mug").await, 100 - i64::try_from(captures.len()).unwrap());
}

#[tokio::test]
async fn fault_43_stripes_word_decides_when_it_comes_late_or_not_at_all() {
    let world = World::start().await;
    let expired = async |count: u64| {
        let what = format!("Stripe was asked {count} times to end a Session");
        eventually(SOON, what, async || world.sandbox.calls("POST", EXPIRE).await >= count).await;
    };
    // Ended at Stripe, and the answer is on its way: nobody can pay any more.
    let first = world.guest();
    let cancelled = first.checkout(&[("rare", 1)]).await;
    world.sandbox.faults(&json!({ "held": [{ "path": EXPIRE }] })).await;
    let pay = async {
        expired(1).await;
        let refused = world.sandbox.try_pay(&cancelled.session, cards::PAYS).await;
        world.sandbox.faults(&json!({})).await;
        refused
    };
    let ((status, _), refused) = tokio::join!(first.cancel(&cancelled), pay);
    assert!(status == 200 || status == 202, "{status}");
    assert_eq!(refused, 400);
    first.sees(&cancelled, "cancelled", "expired").await;

    // Stripe is away: the order waits for its word, and is paid meanwhile.
    let second = world.guest();
    let paid = second.checkout(&[("rare", 1)]).await;
    let away = json!({ "path": EXPIRE, "status": 503, "when": "before", "times": -1 });
    world.sandbox.faults(&json!({ "errors": [away] })).await;
    let (status, answer) = second.patient().cancel(&paid).await;
    assert_eq!((status.as_u16(), &answer["status"]), (202, &"pending".into()), "{answer}");
    assert_eq!(second.available("rare").await, 0, "still held");
    world.sandbox.pay(&paid.session, cards::PAYS).await;
    second.sees(&paid, "paid", "succeeded").await;
    world.sandbox.faults(&json!({})).await;

    let mails =
        vec![format!("order_cancelled {}", cancelled.order), format!("order_confirmed {}", paid.order)];
    world.ending().await.paid_once(&paid.order, mails);
}
