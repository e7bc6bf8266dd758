//! order-service asks for money back: once per payment and reason, and never more than was captured.

use events::{OrderCancelled, OrderRefundRequested, OrderSnapshot};
use kernel::{Currency, Money, RefundRequestId};
use serde_json::{Value, json};
use test_support::eventually;

use crate::world::{PATIENCE, PAYS, World};

async fn paid(world: &World) -> (String, String) {
    let order = world.new_order();
    let purchase = world.ensure(&order, 1).await.ok();
    let snapshot = &purchase["payments"][0]["snapshot"];
    world.pay(snapshot["sessionId"].as_str().unwrap(), PAYS).await;
    world.deliver_only("checkout.session.completed").await;
    (order, snapshot["paymentId"].as_str().unwrap().to_owned())
}

fn request(
    world: &World,
    (order, payment): &(String, String),
    amount: i64,
    reason: &str,
) -> OrderRefundRequested {
    OrderRefundRequested {
        refund_request_id: RefundRequestId::generate(world.clock.as_ref()),
        order_id: order.parse().unwrap(),
        payment_id: payment.parse().unwrap(),
        amount,
        currency: Currency::USD,
        reason: reason.to_owned(),
    }
}

async fn refunded(world: &World) -> i64 {
    world.books().await["totals"]["usd"]["refunded"].as_i64().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_refunded_once_however_often_it_is_made() {
    let world = World::with_broker(&[]).await;
    let of = paid(&world).await;
    let asked = request(&world, &of, 5998, "late");
    world.publish(asked.clone()).await;
    world.publish(asked).await;
    world.publish(request(&world, &of, 5998, "late")).await;
    world.publish(request(&world, &of, 5998, "excess")).await;
    world.eventually_number("SELECT count(*) FROM inbox", 4).await;
    let event = world.read("payment.refunded", 1).await[0].json();
    let data = &event["data"];
    assert_eq!((&data["refundAmount"], &data["refundStatus"]), (&json!(5998), &json!("succeeded")));
    assert_eq!((&data["amountRefunded"], &data["reason"]), (&json!(5998), &json!("late")));
    assert_eq!((&data["status"], &data["sequence"]), (&json!("succeeded"), &json!(3)));
    world.assert_settled().await;
    assert_eq!(refunded(&world).await, 5998);
    assert_eq!(world.calls("POST", "/v1/refunds").await, 1);

    // Stripe's own report of it says nothing new, and does not list the refunds.
    let report = world.events("charge.refunded").await.remove(0);
    world.deliver(&report).await.ok();
    world.eventually_event(report["id"].as_str().unwrap(), "processed").await;
    world.eventually_number("SELECT count(*) FROM outbox", 0).await;
    assert_eq!(world.read("payment.refunded", 1).await.len(), 1);
    assert_eq!(world.database.number("SELECT amount_refunded FROM payments").await, 5998);
}

#[tokio::test(flavor = "multi_thread")]
async fn never_more_than_was_captured() {
    let world = World::with_broker(&[]).await;
    let of = paid(&world).await;
    world.publish(request(&world, &of, 4000, "first")).await;
    world.publish(request(&world, &of, 4000, "second")).await;
    world.publish(request(&world, &of, 4000, "third")).await;
    world.eventually_number("SELECT count(*) FROM inbox", 3).await;
    world.assert_settled().await;
    assert_eq!(refunded(&world).await, 5998);
    let requests =
        "SELECT reason || ' ' || amount || ' ' || state FROM refund_requests ORDER BY created_at, reason";
    assert_eq!(world.texts(requests).await, ["first 4000 done", "second 1998 done", "third 0 failed"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_whose_outcome_is_unknown_happens_once() {
    for (status, when) in [(500, "after"), (500, "before"), (502, "after")] {
        let world = World::with_broker(&[]).await;
        let of = paid(&world).await;
        let error = json!({"method": "POST", "path": "/v1/refunds", "status": status, "when": when});
        world.faults(json!({"errors": [error]})).await;
        world.publish(request(&world, &of, 5998, "late")).await;
        world.read("payment.refunded", 1).await;
        world.assert_settled().await;
        assert_eq!(refunded(&world).await, 5998, "{status} {when}");
        let books = world.books().await;
        assert_eq!(books["paymentIntents"][0]["refunds"].as_array().unwrap().len(), 1, "{status} {when}");
        assert_eq!(world.texts("SELECT state FROM refund_requests").await, ["done"]);
    }
}

/// Two processes find out that the first refund was never made, one after the other.
#[tokio::test(flavor = "multi_thread")]
async fn a_refund_that_two_processes_are_at_has_one_next_round() {
    let world = World::with_broker(&[]).await;
    let of = paid(&world).await;
    let fails = json!({"method": "POST", "path": "/v1/refunds", "status": 500, "when": "before"});
    let held = json!([{"method": "GET", "path": "/v1/refunds"}]);
    world.faults(json!({"errors": [fails], "held": held})).await;
    world.publish(request(&world, &of, 5998, "late")).await;
    eventually(PATIENCE, "the first looks for it", async || world.calls("GET", "/v1/refunds").await > 0)
        .await;
    // Longer than a call may take: the first counts as gone.
    world.clock.advance(time::Duration::seconds(11));
    let replica = world.replica().await;
    world.eventually_number("SELECT count(*) FROM stripe_requests WHERE tries = 2", 1).await;
    let looked = world.calls("GET", "/v1/refunds").await;
    eventually(PATIENCE, "the second looks, too", async || world.calls("GET", "/v1/refunds").await > looked)
        .await;
    world.no_faults().await;
    world.read("payment.refunded", 1).await;
    world.assert_settled().await;
    assert_eq!(refunded(&world).await, 5998);
    let requests = "SELECT round || ' ' || state FROM refund_requests";
    assert_eq!(world.texts(requests).await, ["2 done"]);
    replica.cancel();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_else_gave_back_in_part_is_made_whole() {
    let world = World::with_broker(&[]).await;
    let of = paid(&world).await;
    let intent = world.texts("SELECT payment_intent_id FROM payments").await.pop().unwrap();
    // From Stripe's dashboard, and we have not heard of it yet.
    let form = [("payment_intent", intent.as_str()), ("amount", "1000")];
    world.stripe(reqwest::Method::POST, "/refunds", &form).await;
    world.publish(request(&world, &of, 5998, "late")).await;
    world.read("payment.refunded", 2).await;
    world.assert_settled().await;
    assert_eq!(refunded(&world).await, 5998);
    let requests = "SELECT amount || ' ' || round || ' ' || state FROM refund_requests";
    assert_eq!(world.texts(requests).await, ["4998 2 done"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_else_gave_back_is_not_given_back_again() {
    let world = World::with_broker(&[]).await;
    let of = paid(&world).await;
    let intent = world.texts("SELECT payment_intent_id FROM payments").await.pop().unwrap();
    world.stripe(reqwest::Method::POST, "/refunds", &[("payment_intent", intent.as_str())]).await;
    world.publish(request(&world, &of, 5998, "late")).await;
    world.read("payment.refunded", 1).await;
    world.assert_settled().await;
    assert_eq!(refunded(&world).await, 5998);
    assert_eq!(world.calls("POST", "/v1/refunds").await, 2, "theirs, and ours that Stripe refused");
    let metrics = world.get("/metrics").await.body.as_str().unwrap().to_owned();
    assert!(!metrics.contains("refund_failed"), "the money is where it belongs: {metrics}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_makes_no_sense_is_a_dead_letter() {
    let world = World::with_broker(&[]).await;
    let of = paid(&world).await;
    let mut wrong = request(&world, &of, 5998, "late");
    wrong.order_id = world.new_order().parse().unwrap();
    world.publish(wrong).await;
    world.eventually_number("SELECT count(*) FROM dead_letters", 1).await;
    world.publish(request(&world, &of, 5998, "late")).await;
    world.read("payment.refunded", 1).await;
    assert_eq!(refunded(&world).await, 5998, "others go on");
    // Not settled, by design: there is a dead letter.
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_from_the_dashboard_is_read_by_its_report() {
    let world = World::new().await;
    let (_, _) = paid(&world).await;
    let intent = world.texts("SELECT payment_intent_id FROM payments").await.pop().unwrap();
    let form = [("payment_intent", intent.as_str()), ("amount", "1000")];
    world.stripe(reqwest::Method::POST, "/refunds", &form).await;
    let report = world.events("charge.refunded").await.remove(0);
    world.deliver(&report).await.ok();
    world.eventually_event(report["id"].as_str().unwrap(), "processed").await;
    let refunded: Vec<Value> = world
        .published()
        .await
        .into_iter()
        .filter(|(topic, _)| topic == "payment.refunded")
        .map(|(_, event)| event["data"]["amountRefunded"].clone())
        .collect();
    assert_eq!(refunded, [json!(1000)]);
    world.assert_settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_orders_session_is_ended() {
    let world = World::with_broker(&[]).await;
    let order = world.new_order();
    let purchase = world.ensure(&order, 1).await.ok();
    let session = purchase["payments"][0]["snapshot"]["sessionId"].as_str().unwrap();
    let snapshot = OrderSnapshot {
        order_id: order.parse().unwrap(),
        order_number: "T-26-000001".to_owned(),
        sequence: 2,
        status: "cancelled".to_owned(),
        payment_status: "pending".to_owned(),
        user_id: "user-1".to_owned(),
        email: None,
        locale: "en".to_owned(),
        items: Vec::new(),
        total: Money::new(5998, Currency::USD).to_major(),
        amount: 5998,
        currency: Currency::USD,
        tracking_number: None,
    };
    world.publish(OrderCancelled { order: snapshot }).await;
    world.read("payment.expired", 1).await;
    assert_eq!(world.session(session).await["status"], "expired");
    assert_eq!(world.ensure(&order, 1).await.problem(), (409, "purchase_closed"));
    world.assert_settled().await;
}
