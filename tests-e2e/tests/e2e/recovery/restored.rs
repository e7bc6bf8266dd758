//! payment-service's database is lost and an older state of it put back: Stripe, the orders and the topics know more.

use std::collections::BTreeSet;

use kernel::{Clock, SystemClock};
use serde_json::{Value, json};
use test_support::eventually;
use tests_e2e::world::{Checkout, SOON, Shopper, World, cards, price, text};
use time::format_description::well_known::Rfc3339;

use super::{books_agree, contents, reconcile, report};

/// A purchase that a frontend began at payment-service: nobody else has its lines.
async fn direct(world: &World) -> String {
    let body = json!({
        "products": [{ "name": "poster", "price": price(2999), "quantity": 2 }],
        "successUrl": "http://localhost:3000/paid", "cancelUrl": "http://localhost:3000/cart",
        "customerEmail": "direct@example.com",
    });
    let (status, made) = world.post(&world.payments, "/api/payments/create-checkout-session", &body).await;
    assert_eq!(status, 200, "{made}");
    text(&made["sessionId"])
}

/// What order-service and payment-service say of every payment; it has to be the same.
async fn ledgers(world: &World) -> (Vec<String>, Vec<String>) {
    let orders = "SELECT payment_id::text || ' ' || status || ' ' || amount_refunded || ' #' || sequence \
                  FROM order_payments ORDER BY 1";
    let payments = "SELECT id::text || ' ' || status || ' ' || amount_refunded || ' #' || sequence \
                    FROM payments WHERE sequence > 0 ORDER BY 1";
    (world.databases.orders.texts(orders).await, world.databases.payments.texts(payments).await)
}

async fn agree(world: &World) {
    eventually(SOON, "order-service and payment-service agree", async || {
        let (orders, payments) = ledgers(world).await;
        if orders == payments { Ok(()) } else { Err((orders, payments)) }
    })
    .await;
}

/// All orders as they stand, without their payments' numbers.
async fn orders(world: &World) -> Vec<String> {
    let sql = "SELECT id::text || ' ' || status || ' ' || payment_status FROM orders ORDER BY 1";
    world.databases.orders.texts(sql).await
}

/// Before the backup, too: a refund that payment-service hears of only after it. Returns Stripe's event.
async fn unheard(world: &World, session: &str) -> Value {
    world.sandbox.drop_webhooks().await;
    world.sandbox.refund(session).await;
    let events = world.sandbox.events_of(session, &["charge.refunded"]).await;
    let [event] = events.as_slice() else { panic!("one: {events:?}") };
    let created = event["created"].as_i64().unwrap();
    // Stripe counts whole seconds.
    eventually(SOON, "the second of the refund is over", async || {
        SystemClock.now().unix_timestamp() > created
    })
    .await;
    event.clone()
}

struct Story {
    open: (Shopper, Checkout),
    sessions: BTreeSet<String>,
}

/// Before the backup: a purchase of every kind. Returns those that go on afterwards.
async fn before(world: &World) -> Vec<(Shopper, Checkout)> {
    let mut begun = Vec::new();
    for _ in 0..6 {
        let guest = world.guest();
        let checkout = guest.checkout(&[("mug", 1)]).await;
        begun.push((guest, checkout));
    }
    for (guest, paid) in [&begun[0], &begun[5]] {
        world.sandbox.pay(&paid.session, cards::PAYS).await;
        guest.sees(paid, "paid", "succeeded").await;
    }
    begun
}

/// Between the backup and the loss.
async fn after(world: &World, begun: &[(Shopper, Checkout)], unheard: &Value) -> Story {
    let [refunded, paid, declined, expired, cancelled, late] = begun else { panic!("six") };
    world.sandbox.faults(&json!({})).await;
    world.sandbox.redeliver(unheard).await;
    late.0.sees(&late.1, "paid", "refunded").await;
    world.sandbox.refund_part(&refunded.1.session, 400).await;
    world.sandbox.refund_part(&refunded.1.session, 850).await;
    world.sandbox.pay(&paid.1.session, cards::PAYS).await;
    world.sandbox.pay(&declined.1.session, cards::NO_FUNDS).await;
    world.sandbox.expire(&expired.1.session).await;
    cancelled.0.cancel(&cancelled.1).await;

    let buyer = world.user("ada");
    let lost = buyer.checkout(&[("mug", 2), ("poster", 1)]).await;
    world.sandbox.pay(&lost.session, cards::PAYS).await;
    let second = world.guest();
    let retried = second.checkout(&[("poster", 1)]).await;
    world.sandbox.expire(&retried.session).await;
    second.sees(&retried, "pending", "expired").await;
    let retry = second.retry(&retried).await;
    let session = direct(world).await;
    world.sandbox.pay(&session, cards::PAYS).await;

    refunded.0.sees(&refunded.1, "paid", "refunded").await;
    paid.0.sees(&paid.1, "paid", "succeeded").await;
    declined.0.sees(&declined.1, "pending", "failed").await;
    expired.0.sees(&expired.1, "pending", "expired").await;
    cancelled.0.sees(&cancelled.1, "cancelled", "expired").await;
    buyer.sees(&lost, "paid", "succeeded").await;
    second.sees(&retried, "pending", "pending").await;
    eventually(SOON, "the direct purchase is paid", async || {
        world.guest().by_session(&session).await.1["status"] == "paid"
    })
    .await;
    let sessions = [lost.session, retried.session, retry.session.clone(), session].into_iter().collect();
    Story { open: (second, retry), sessions }
}

#[tokio::test]
async fn fault_19_a_restored_backup_is_brought_back_in_line_with_stripe_and_the_orders() {
    let mut world = World::start().await;
    let begun = before(&world).await;
    agree(&world).await;
    let unheard = unheard(&world, &begun[5].1.session).await;
    assert!(world.payments.terminate().await.success());
    let since = SystemClock.now().format(&Rfc3339).unwrap();
    let backup = world.databases.payments.backup().await;
    world.payments.restart().await;

    let story = after(&world, &begun, &unheard).await;
    agree(&world).await;
    let (known, stood) = (ledgers(&world).await.0, orders(&world).await);
    let captures = books_agree(&world).await;
    assert_eq!(captures, 5);
    assert!(world.payments.terminate().await.success());
    world.databases.payments.restore(&backup).await;
    assert_eq!(world.databases.payments.number("SELECT count(*) FROM payments").await, 6, "four are lost");

    // What would be done.
    let restored = contents(&world).await;
    let rehearsed = reconcile(&world, &["--since", &since, "--dry-run", "--json"]).finish().await;
    assert!(!rehearsed.status.success(), "{}", rehearsed.stdout);
    assert_eq!(contents(&world).await, restored, "a rehearsal changes nothing");
    let found = report(&rehearsed);
    assert_eq!(found["payments"]["rebuilt"], 4, "{found}");

    let finished = reconcile(&world, &["--since", &since, "--json"]).finish().await;
    assert!(finished.status.success(), "{}\n{}", finished.stdout, finished.stderr);
    let found = report(&finished);
    assert_eq!(
        (&found["outcome"], &found["payments"]["rebuilt"]),
        (&"reconciled".into(), &4.into()),
        "{found}"
    );
    let rebuilt = |finding: &&Value| finding["what"] == "lost payment";
    let rebuilt = found["findings"].as_array().unwrap().iter().filter(rebuilt);
    let rebuilt: BTreeSet<String> = rebuilt.map(|finding| text(&finding["object"])).collect();
    assert_eq!(rebuilt, story.sessions);
    let usd = &found["money"]["usd"];
    let captured = 3 * 1250 + (2 * 1250 + 2999) + 2 * 2999;
    assert_eq!(
        (&usd["capturedAtStripe"], &usd["capturedAfter"]),
        (&captured.into(), &captured.into()),
        "{usd}"
    );
    assert_eq!((&usd["refundedAtStripe"], &usd["refundedAfter"]), (&2500.into(), &2500.into()), "{usd}");
    assert_eq!((&usd["capturedBefore"], &usd["unreconciled"]), (&2500.into(), &0.into()), "{usd}");
    assert!(found["partitionsSetBack"].as_u64() > Some(0), "{found}");
    assert_eq!(books_agree(&world).await, captures);

    // What consumers have seen is never numbered again, and the orders stand as they stood.
    world.payments.restart().await;
    agree(&world).await;
    let without_number = |line: &String| line.split(" #").next().unwrap().to_owned();
    let now = ledgers(&world).await.0;
    assert_eq!(
        now.iter().map(without_number).collect::<Vec<_>>(),
        known.iter().map(without_number).collect::<Vec<_>>()
    );
    assert!(
        now.iter().zip(&known).all(|(now, known)| number(now) > number(known)),
        "{now:?} after {known:?}"
    );
    assert_eq!(orders(&world).await, stood);

    // Business goes on where it was: the page that was open is paid, the cancelled order stays closed.
    let (guest, open) = &story.open;
    world.sandbox.pay(&open.session, cards::PAYS).await;
    guest.sees(open, "paid", "succeeded").await;
    let (declined, checkout) = &begun[2];
    world.sandbox.pay(&checkout.session, cards::PAYS).await;
    declined.sees(checkout, "paid", "succeeded").await;
    eventually(SOON, "the cancelled purchase is closed again", async || {
        let sql = format!("SELECT state FROM purchases WHERE id = '{}'", begun[4].1.order);
        let state = world.databases.payments.texts(&sql).await;
        if state == ["closed"] { Ok(()) } else { Err(state) }
    })
    .await;
    assert_eq!(books_agree(&world).await, captures + 2);
    let ending = world.ending().await;
    assert!(ending.captures.values().all(|captures| *captures == 1), "{:?}", ending.captures);
    agree(&world).await;
}

fn number(line: &str) -> i64 {
    line.split(" #").nth(1).unwrap().parse().unwrap()
}
