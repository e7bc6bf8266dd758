//! What is written down and shown: history, refunds, an order as of one moment; and the same on SQLite.

use events::{PaymentRefunded, PaymentSnapshot, PaymentSuccessful};
use sea_orm::{ConnectionTrait, TransactionTrait};
use serde_json::json;
use test_support::eventually;

use crate::support::kafka::event;
use crate::support::world::SOON;
use crate::support::{AtStripe, World, cart, order_id, ordered};

async fn paid(world: &World) -> (kernel::OrderId, PaymentSnapshot) {
    let body = world.guest().await.checkout(&cart(&[("tea", 1)])).await.expect(200);
    let id = order_id(&body);
    world.payments.at_stripe(id, AtStripe::Paid);
    let payment = world.payments.hear(id).remove(0);
    let event = event(PaymentSuccessful {
        payment: payment.clone(),
        payment_method: "paypal".to_owned(),
        receipt_url: None,
    });
    world.publisher.send(&event).await;
    let order = world.until_status(id, "paid").await;
    assert_eq!(order["payment"]["method"], "paypal");
    (id, payment)
}

/// One that has just been paid must not be told as one that cannot be.
#[tokio::test(flavor = "multi_thread")]
async fn an_order_and_its_payments_are_read_as_of_one_moment() {
    let world = World::start().await;
    let (id, _, buyer) = ordered(&world).await;
    let writer = world.database.connection().begin().await.unwrap();
    writer.execute_unprepared("LOCK TABLE order_payments").await.unwrap();
    let paying = async {
        eventually(SOON, "the reader has the order and waits for its payments", async || {
            world.database.waiting().await == 1
        })
        .await;
        for sql in [
            "UPDATE order_payments SET status = 'succeeded'",
            "UPDATE orders SET status = 'paid', hold_until = NULL, \
             paid_by = (SELECT payment_id FROM order_payments WHERE order_id = orders.id)",
        ] {
            writer.execute_unprepared(sql).await.unwrap();
        }
        writer.commit().await.unwrap();
    };
    let path = format!("/api/orders/{id}");
    let (before, ()) = tokio::join!(buyer.get(&path), paying);
    let after = buyer.get(&path).await;
    let [before, after] = [before, after].map(|answer| {
        let shown = answer.expect(200);
        [shown["status"].clone(), shown["payment"]["status"].clone()]
    });
    assert_eq!(before, ["pending", "pending"]);
    assert_eq!(after, ["paid", "succeeded"]);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refunds_are_shown_whatever_came_first() {
    let world = World::start().await;
    let (id, payment) = paid(&world).await;
    let refund = |steps: i64, refunded: i64, status: &str| {
        event(PaymentRefunded {
            payment: PaymentSnapshot {
                sequence: payment.sequence + steps,
                amount_refunded: refunded,
                ..payment.clone()
            },
            refund_id: "re_1".to_owned(),
            refund_amount: 1000,
            refund_status: status.to_owned(),
            reason: Some("requested_by_customer".to_owned()),
        })
    };
    let (pending, succeeded) = (refund(1, 0, "pending"), refund(2, 1000, "succeeded"));
    world.publisher.send(&succeeded).await;
    world.until(id, |order| order["paymentStatus"] == "partially_refunded").await;
    world.publisher.send(&pending).await;
    world.consumed(3).await;
    let order = world.order(id).await;
    assert_eq!(order["status"], "paid");
    assert_eq!(order["payment"]["amountRefunded"], 1000);
    let refunds = order["payment"]["refunds"].as_array().unwrap();
    assert_eq!(refunds.len(), 1);
    assert_eq!((&refunds[0]["id"], &refunds[0]["status"]), (&json!("re_1"), &json!("succeeded")));
    world.publisher.send(&refund(3, 2999, "succeeded")).await;
    world.until(id, |order| order["paymentStatus"] == "refunded").await;
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_change_is_in_the_history() {
    let world = World::start().await;
    let (id, payment) = paid(&world).await;
    let rows = |condition: &str| {
        format!("SELECT count(*) FROM order_history WHERE order_id = '{id}' AND {condition}")
    };
    let created = "action = 'created' AND actor = 'guest' AND from_status IS NULL AND to_status = 'pending' \
                   AND event_id IS NOT NULL";
    assert_eq!(world.database.number(&rows(created)).await, 1);
    let settled = format!(
        "action = 'paid' AND actor = '/payment-service' AND from_status = 'pending' AND to_status = 'paid' \
         AND payment_id = '{}' AND cause_event_id IS NOT NULL AND event_id IS NOT NULL",
        payment.payment_id
    );
    assert_eq!(world.database.number(&rows(&settled)).await, 1);
    assert_eq!(world.database.number(&rows("action = 'payment_advanced'")).await, 2);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_life_works_on_sqlite() {
    let world = World::start_on_sqlite().await;
    paid(&world).await;
    assert_eq!(world.stock("tea").await, (9, 0));
    let guest = world.guest().await;
    let body = guest.checkout(&cart(&[("cup", 5)])).await.expect(200);
    let id = order_id(&body);
    let short = world.user("ann").checkout(&cart(&[("tea", 1), ("cup", 1)])).await;
    assert_eq!(short.problem(409), "out_of_stock");
    assert_eq!(world.stock("tea").await, (9, 0), "all or none");
    world.clock.advance(time::Duration::minutes(47));
    world.until_status(id, "expired").await;
    let owner = guest.with_order_token(body["orderToken"].as_str().unwrap());
    owner.post_empty(&format!("/api/orders/{id}/retry-session")).await.expect(200);
    assert_eq!(world.stock("cup").await, (5, 5));
    owner.post_empty(&format!("/api/orders/{id}/cancel")).await.expect(200);
    let again = guest.checkout_with_key(&cart(&[("cup", 1)]), "k").await.expect(200);
    let replay = guest.checkout_with_key(&cart(&[("cup", 1)]), "k").await.expect(200);
    assert_eq!(replay["orderId"], again["orderId"]);
    let found = guest.get("/api/products?q=tea&limit=1").await.expect(200);
    assert_eq!(found["data"][0]["id"], "tea");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn old_keys_and_carts_are_forgotten() {
    let mut world = World::start().await;
    let guest = world.guest().await;
    guest.checkout_with_key(&cart(&[("tea", 1)]), "k").await.expect(200);
    guest.checkout(&cart(&[("tea", 2)])).await.expect(200);
    let left = "SELECT (SELECT count(*) FROM idempotency_keys) + (SELECT count(*) FROM checkout_dedupe)";
    assert_eq!(world.database.number(left).await, 2);
    world.clock.advance(time::Duration::hours(25));
    world.restart_with(&[]).await;
    eventually(SOON, "old rows are gone", async || world.database.number(left).await == 0).await;
    world.end().await;
}
