//! Stripe answers something we cannot read: that proves nothing, least of all that something does not exist.

use events::OrderRefundRequested;
use kernel::{Currency, RefundRequestId};
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

async fn ask(world: &World, (order, payment): &(String, String), amount: i64, reason: &str) {
    let request = OrderRefundRequested {
        refund_request_id: RefundRequestId::generate(world.clock.as_ref()),
        order_id: order.parse().unwrap(),
        payment_id: payment.parse().unwrap(),
        amount,
        currency: Currency::USD,
        reason: reason.to_owned(),
    };
    world.publish(request).await;
}

async fn refunds_at_stripe(world: &World) -> usize {
    world.books().await["paymentIntents"][0]["refunds"].as_array().unwrap().len()
}

fn of_a_status_nobody_knows(_: &str, path: &str, _: &mut u16, body: &mut Value) {
    if path != "/v1/refunds" {
        return;
    }
    if body["object"] == "refund" {
        body["status"] = Value::Null;
    }
    for refund in body["data"].as_array_mut().into_iter().flatten() {
        refund["status"] = json!("in_the_mail");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_of_unknown_status_exists() {
    let world = World::with_answers(&[], of_a_status_nobody_knows).await;
    let of = paid(&world).await;
    ask(&world, &of, 5998, "late").await;
    let event = world.read("payment.refunded", 1).await[0].json();
    assert_eq!(
        (&event["data"]["refundStatus"], &event["data"]["refundAmount"]),
        (&json!("pending"), &json!(5998))
    );
    world.assert_settled().await;
    assert_eq!(world.texts("SELECT state FROM refund_requests").await, ["done"]);
    assert_eq!(refunds_at_stripe(&world).await, 1);
}

fn no_refunds_to_be_read(_: &str, path: &str, _: &mut u16, body: &mut Value) {
    if path == "/v1/refunds" {
        *body = match body["object"].as_str() {
            Some("list") if body["data"].as_array().is_some_and(|list| list.len() % 2 == 1) => {
                json!({"object": "list", "data": [{"object": "refund"}], "has_more": false})
            }
            Some("list") => json!({"object": "list", "has_more": false}),
            _ => json!({}),
        };
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_that_cannot_be_read_is_never_made_again() {
    let world = World::with_answers(&[], no_refunds_to_be_read).await;
    let of = paid(&world).await;
    ask(&world, &of, 5998, "late").await;
    world.eventually_number("SELECT count(*) FROM stripe_requests WHERE tries > 1", 1).await;
    world.clock.advance(time::Duration::hours(24));
    let tries = world.database.number("SELECT max(tries)::bigint FROM stripe_requests").await;
    eventually(PATIENCE, "it is looked for", async || {
        world.clock.advance(time::Duration::minutes(6));
        let now = world.database.number("SELECT max(tries)::bigint FROM stripe_requests").await;
        if now > tries + 1 { Ok(()) } else { Err(now) }
    })
    .await;
    assert_eq!(world.texts("SELECT state FROM refund_requests").await, ["pending"]);
    assert_eq!(refunds_at_stripe(&world).await, 1);
    world.honest();
    world.clock.advance(time::Duration::minutes(6));
    world.assert_settled().await;
    assert_eq!(world.texts("SELECT state || ' ' || round FROM refund_requests").await, ["done 1"]);
    assert_eq!(refunds_at_stripe(&world).await, 1);
}

fn no_answers_to_refunds(method: &str, path: &str, _: &mut u16, body: &mut Value) {
    if (method, path) == ("POST", "/v1/refunds") {
        *body = json!({});
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_in_the_ledger_is_not_subtracted_twice() {
    let world = World::with_answers(&[], no_answers_to_refunds).await;
    let of = paid(&world).await;
    ask(&world, &of, 3000, "first").await;
    world.eventually_number("SELECT count(*) FROM stripe_requests WHERE tries > 0", 1).await;
    let report =
        eventually(PATIENCE, "the report", async || world.events("charge.refunded").await.pop()).await;
    world.deliver(&report).await.ok();
    world.eventually_number("SELECT count(*) FROM refunds", 1).await;
    assert_eq!(world.texts("SELECT state FROM refund_requests").await, ["pending"]);
    ask(&world, &of, 4000, "second").await;
    world.eventually_number("SELECT count(*) FROM refund_requests WHERE reason = 'second'", 1).await;
    world.honest();
    world.clock.advance(time::Duration::minutes(6));
    world.assert_settled().await;
    let requests = "SELECT reason || ' ' || amount || ' ' || state FROM refund_requests ORDER BY reason";
    assert_eq!(world.texts(requests).await, ["first 3000 done", "second 2998 done"]);
    assert_eq!(world.books().await["totals"]["usd"]["refunded"], 5998);
}

fn no_sessions_to_be_read(method: &str, path: &str, _: &mut u16, body: &mut Value) {
    if path == "/v1/checkout/sessions" {
        *body =
            if method == "POST" { json!({"object": "checkout.session"}) } else { json!({"object": "list"}) };
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_without_an_id_strands_nothing_and_proves_nothing() {
    let world = World::with_answers(&[], no_sessions_to_be_read).await;
    let order = world.new_order();
    assert_eq!(world.ensure(&order, 1).await.problem(), (503, "outcome_unknown"));
    let pending = "SELECT count(*) FROM stripe_requests WHERE state = 'pending'";
    assert_eq!(world.database.number(pending).await, 1);
    world.clock.advance(time::Duration::hours(24));
    assert_eq!(world.ensure(&order, 1).await.problem(), (503, "outcome_unknown"), "it is looked for in vain");
    assert_eq!(world.status(&order).await, "created");
    assert_eq!(world.sessions().await.len(), 1);
    world.honest();
    let purchase = world.ensure(&order, 1).await.ok();
    let payments = purchase["payments"].as_array().unwrap();
    assert_eq!(payments[0]["snapshot"]["status"], "expired", "found by our id, a day too late");
    assert_eq!(payments[1]["snapshot"]["status"], "open");
    assert_eq!(world.sessions().await.len(), 2);
    world.assert_settled().await;
}

fn another_session_that_was_paid(method: &str, path: &str, status: &mut u16, body: &mut Value) {
    if path.ends_with("/expire") {
        *status = 400;
        *body = json!({"error": {"type": "invalid_request_error", "message": "It is complete."}});
    } else if path.starts_with("/v1/checkout/sessions") {
        body["amount_total"] = json!(1);
        if method == "GET" {
            body["status"] = json!("complete");
            body["payment_status"] = json!("paid");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_session_than_was_asked_for_that_was_paid_is_an_alarm_and_no_loop() {
    let world = World::with_answers(&[], another_session_that_was_paid).await;
    let order = world.new_order();
    assert_eq!(world.ensure(&order, 1).await.status, 500);
    assert_eq!(world.status(&order).await, "failed");
    let metrics = world.get("/metrics").await.body.as_str().unwrap().to_owned();
    let alarm = |line: &str| line.starts_with("payment_alarms_total") && line.contains("contradiction_paid");
    assert!(metrics.lines().any(alarm), "{metrics}");
    world.assert_settled().await;
    world.honest();
    let again = world.ensure(&order, 1).await.ok();
    assert_eq!(again["payments"][1]["snapshot"]["status"], "open");
    world.assert_settled().await;
}
