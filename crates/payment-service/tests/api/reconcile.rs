//! What was missed is found by the job: webhooks that never came, and what is over is forgotten.

use events::OrderRefundRequested;
use futures::stream::{self, StreamExt};
use kernel::{Clock, Currency, RefundRequestId};
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use test_support::eventually;

use crate::world::{PATIENCE, PAYS, World, cart, cart_without_mail};

const OFTEN: (&str, &str) = ("RECONCILE_INTERVAL", "150ms");

/// Stripe has an endpoint to tell, and fails to reach it.
async fn unheard_endpoint(world: &World) {
    let form = [("url", "http://127.0.0.1:9/"), ("enabled_events[0]", "*")];
    world.stripe(reqwest::Method::POST, "/webhook_endpoints", &form).await;
}

/// From now on the job runs all the time.
async fn reconcile_often(world: &mut World) {
    world.stop_service().await;
    world.env = world.env.clone().with(OFTEN.0, OFTEN.1);
    world.restart().await;
}

async fn runs(world: &World, outcome: &str) -> Vec<Value> {
    let sql = format!("SELECT report::text FROM reconcile_runs WHERE outcome = '{outcome}' ORDER BY id");
    world.texts(&sql).await.iter().map(|report| serde_json::from_str(report).unwrap()).collect()
}

/// Waits for a run that ended so; its report.
async fn run(world: &World, outcome: &str) -> Value {
    eventually(PATIENCE, format!("a run that ended {outcome}"), async || runs(world, outcome).await.pop())
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn fault_36_a_webhook_that_is_missing_for_four_days_is_replayed() {
    let mut world = World::new().await;
    unheard_endpoint(&world).await;
    let session = world.checkout(&cart()).await.ok();
    world.pay(session["id"].as_str().unwrap(), PAYS).await;
    world.clock.advance(time::Duration::days(4));
    reconcile_often(&mut world).await;
    world.eventually_number("SELECT count(*) FROM payments WHERE status = 'succeeded'", 1).await;
    run(&world, "reconciled").await;
    assert_eq!(world.topics().await, ["payment.created", "payment.successful"]);
    // The webhook's own function did it, once.
    let sql = "SELECT count(*) FROM stripe_events WHERE type = 'checkout.session.completed' AND state = 'processed'";
    assert_eq!(world.database.number(sql).await, 1);
    let first = &runs(&world, "reconciled").await[0];
    let usd = &first["money"]["usd"];
    assert_eq!((&usd["capturedBefore"], &usd["capturedAfter"]), (&json!(0), &json!(2999)), "{first}");
    assert_eq!(usd["unreconciled"], 0, "{first}");
    let metrics = world.get("/metrics").await.body.as_str().unwrap().to_owned();
    for name in ["reconcile_runs_total", "reconcile_last_success_seconds", "reconcile_unreconciled_amount"] {
        assert!(metrics.contains(name), "{name} is not told");
    }
    world.assert_settled().await;
}

/// Stripe is read before the payment is locked: what comes between is not a difference.
#[tokio::test(flavor = "multi_thread")]
async fn a_payment_that_is_paid_while_stripe_is_asked_does_not_remain() {
    let mut world = World::configured(&[("STRIPE_TIMEOUT", "20s")]).await;
    let session = world.checkout(&cart()).await.ok();
    let id = session["id"].as_str().unwrap().to_owned();
    world.clock.advance(time::Duration::minutes(20));
    let path = format!("/v1/checkout/sessions/{id}");
    let drop = json!({"drop": "all"});
    world.faults(json!({"deliveries": drop, "held": [{"method": "GET", "path": path}]})).await;
    reconcile_often(&mut world).await;
    eventually(PATIENCE, "the job reads the Session", async || world.calls("GET", &path).await > 0).await;
    world.pay(&id, PAYS).await;
    world.deliver_only("checkout.session.completed").await;
    world.faults(json!({"deliveries": drop})).await;
    world.eventually_number("SELECT least(count(*), 1) FROM reconcile_runs", 1).await;
    let first =
        "SELECT outcome || ' ' || (report->'payments'->>'asked') FROM reconcile_runs ORDER BY id LIMIT 1";
    assert_eq!(world.texts(first).await, ["reconciled 1"]);
    world.assert_settled().await;
}

fn one_is_gone(_: &str, path: &str, status: &mut u16, body: &mut Value) {
    if path.starts_with("/v1/checkout/sessions/cs_") && body["amount_total"] == 2999 {
        *status = 404;
        *body = json!({"error": {"type": "invalid_request_error", "code": "resource_missing"}});
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_object_that_stripe_refuses_is_counted_and_the_run_goes_on() {
    let mut world = World::with_answers(&[], one_is_gone).await;
    unheard_endpoint(&world).await;
    let gone = world.checkout(&cart()).await.ok();
    let order = world.new_order();
    let other = world.ensure(&order, 1).await.ok();
    world.pay(gone["id"].as_str().unwrap(), PAYS).await;
    world.pay(other["payments"][0]["snapshot"]["sessionId"].as_str().unwrap(), PAYS).await;
    reconcile_often(&mut world).await;
    let report = run(&world, "remaining").await;
    assert_eq!((&report["payments"]["unreadable"], &report["remaining"]), (&json!(1), &json!(1)), "{report}");
    assert_eq!(report["findings"].as_array().unwrap().len(), 2, "{report}");
    assert_eq!(report["money"]["usd"]["unreconciled"], 2999, "{report}");
    assert_eq!(world.status(&order).await, "succeeded");
    world.honest();
    run(&world, "reconciled").await;
    world.assert_settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_ends_when_stripe_is_away_and_the_next_one_tries_again() {
    let mut world = World::configured(&[("STRIPE_TIMEOUT", "1s")]).await;
    let session = world.checkout(&cart()).await.ok();
    world.pay(session["id"].as_str().unwrap(), PAYS).await;
    world.faults(json!({"errors": [{"path": "*", "status": 503, "when": "before", "times": -1}]})).await;
    reconcile_often(&mut world).await;
    let report = run(&world, "cut_short").await;
    assert!(report["cutShort"].as_str().unwrap().starts_with("Stripe: "), "{report}");
    assert!(runs(&world, "reconciled").await.is_empty());
    world.no_faults().await;
    run(&world, "reconciled").await;
    world.eventually_number("SELECT count(*) FROM payments WHERE status = 'succeeded'", 1).await;
    world.assert_settled().await;
}

/// How many days before now the job's runs have looked for undelivered events, one after the other.
async fn days_looked_back(world: &World) -> Vec<i64> {
    let from = world.asked_for("/v1/events", "created[gte]").await;
    let until = world.asked_for("/v1/events", "created[lt]").await;
    let days = |(from, until): (&String, &String)| {
        (until.parse::<i64>().unwrap() - from.parse::<i64>().unwrap()) / (24 * 3600)
    };
    let mut days: Vec<i64> = from.iter().zip(&until).map(days).collect();
    days.dedup();
    days
}

#[tokio::test(flavor = "multi_thread")]
async fn more_events_than_are_held_at_once_are_listed_in_parts() {
    let mut world = World::new().await;
    unheard_endpoint(&world).await;
    for _ in 0..2 {
        let made = (0..501).map(|_| world.stripe(reqwest::Method::POST, "/customers", &[]));
        stream::iter(made).buffer_unordered(20).count().await;
        world.clock.advance(time::Duration::hours(1));
    }
    // To list them is enough.
    let known: Vec<String> = world.event_ids().await.iter().map(|id| format!("('{id}')")).collect();
    let sql = format!(
        "INSERT INTO stripe_events (id, type, payload, state, tries, next_try_at, received_at) SELECT id, '', '', \
         'ignored', 0, now(), now() FROM (VALUES {}) known (id)",
        known.join(", ")
    );
    world.database.connection().execute_unprepared(&sql).await.unwrap();
    reconcile_often(&mut world).await;
    let report = run(&world, "reconciled").await;
    assert_eq!((&report["events"]["listed"], &report["events"]["known"]), (&json!(1002), &json!(1002)));
    let from = world.asked_for("/v1/events", "created[gte]").await;
    let until = world.asked_for("/v1/events", "created[lt]").await;
    let is_cut = |(start, end): (&String, &String)| *start == from[0] && *end < until[0];
    assert!(from.iter().zip(&until).any(is_cut), "{from:?} {until:?}");
    world.assert_settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_job_looks_back_over_all_of_the_time_once_a_day() {
    let mut world = World::new().await;
    // Noon: it stays the same day for the test.
    let now = world.clock.now();
    world.clock.advance(now.date().next_day().unwrap().midnight().assume_utc() - now);
    world.clock.advance(time::Duration::hours(12));
    reconcile_often(&mut world).await;
    eventually(PATIENCE, "a short look", async || days_looked_back(&world).await == [30, 3]).await;
    world.clock.advance(time::Duration::days(1));
    eventually(PATIENCE, "a long look", async || days_looked_back(&world).await.get(2) == Some(&30)).await;
    eventually(PATIENCE, "a short look", async || days_looked_back(&world).await == [30, 3, 30, 3]).await;
    world.assert_settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_run_that_left_something_the_job_looks_back_over_all_of_the_time_again() {
    let mut world = World::with_answers(&[], one_is_gone).await;
    world.checkout(&cart()).await.ok();
    reconcile_often(&mut world).await;
    eventually(PATIENCE, "three runs", async || runs(&world, "remaining").await.len() > 2).await;
    assert_eq!(days_looked_back(&world).await, [30]);
    world.honest();
    run(&world, "reconciled").await;
    world.assert_settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replayed_success_is_told_with_the_address_of_its_session_and_leaves_nothing() {
    let mut world = World::new().await;
    unheard_endpoint(&world).await;
    let session = world.checkout(&cart_without_mail()).await.ok();
    world.pay(session["id"].as_str().unwrap(), PAYS).await;
    reconcile_often(&mut world).await;
    run(&world, "reconciled").await;
    assert_eq!(runs(&world, "remaining").await, [Value::Null; 0]);
    let published = world.published().await;
    assert_eq!(published[1].0, "payment.successful");
    assert_eq!(published[1].1["data"]["email"], "customer@example.com");
    world.assert_settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_that_is_asked_for_again_after_a_restore_is_not_made_again() {
    let world = World::with_broker(&[]).await;
    let order = world.new_order();
    let purchase = world.ensure(&order, 1).await.ok();
    let snapshot = &purchase["payments"][0]["snapshot"];
    world.pay(snapshot["sessionId"].as_str().unwrap(), PAYS).await;
    world.deliver_only("checkout.session.completed").await;
    let asked = OrderRefundRequested {
        refund_request_id: RefundRequestId::generate(world.clock.as_ref()),
        order_id: order.parse().unwrap(),
        payment_id: snapshot["paymentId"].as_str().unwrap().parse().unwrap(),
        amount: 400,
        currency: Currency::USD,
        reason: "late".to_owned(),
    };
    world.publish(asked.clone()).await;
    world.eventually_number("SELECT count(*) FROM refund_requests WHERE state = 'done'", 1).await;
    // The backup knew nothing of the request; the ledger has been read from Stripe since.
    let forget = "DELETE FROM stripe_requests WHERE operation = 'refund'; DELETE FROM refund_requests";
    world.database.connection().execute_unprepared(forget).await.unwrap();
    world.clock.advance(time::Duration::hours(25));
    world.publish(asked).await;
    world.eventually_number("SELECT count(*) FROM inbox", 2).await;
    world.assert_settled().await;
    assert_eq!(world.texts("SELECT state FROM refund_requests").await, ["done"]);
    assert_eq!(world.calls("POST", "/v1/refunds").await, 1);
    assert_eq!(world.books().await["totals"]["usd"]["refunded"], 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_in_quarantine_is_told_by_every_run_and_leaves_it_reconciled() {
    let mut world = World::new().await;
    let session = world.checkout(&cart()).await.ok();
    world.pay(session["id"].as_str().unwrap(), PAYS).await;
    world.deliver_only("checkout.session.completed").await;
    let mut wrong = world.events("checkout.session.completed").await.remove(0);
    wrong["id"] = json!("evt_of_the_other_mode");
    wrong["livemode"] = json!(true);
    world.deliver(&wrong).await.ok();
    world.eventually_event("evt_of_the_other_mode", "quarantined").await;
    world.clock.advance(time::Duration::minutes(1));
    reconcile_often(&mut world).await;
    let report = run(&world, "reconciled").await;
    assert_eq!((&report["quarantined"], &report["remaining"]), (&json!(1), &json!(0)), "{report}");
    assert!(runs(&world, "remaining").await.is_empty());
    world.assert_settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_over_is_forgotten_and_what_somebody_has_to_look_at_is_kept() {
    let mut world = World::new().await;
    let session = world.checkout(&cart()).await.ok();
    world.pay(session["id"].as_str().unwrap(), PAYS).await;
    world.deliver_only("checkout.session.completed").await;
    let mut wrong = world.events("checkout.session.completed").await.remove(0);
    wrong["id"] = json!("evt_of_the_other_mode");
    wrong["livemode"] = json!(true);
    world.deliver(&wrong).await.ok();
    world.eventually_event("evt_of_the_other_mode", "quarantined").await;
    world.stop_service().await;
    world.clock.advance(time::Duration::days(36));
    world.restart().await;
    world.eventually_number("SELECT count(*) FROM stripe_events WHERE state = 'processed'", 0).await;
    world.eventually_number("SELECT count(*) FROM stripe_requests", 0).await;
    assert_eq!(world.event_state("evt_of_the_other_mode").await.0, "quarantined");
    assert_eq!(world.database.number("SELECT count(*) FROM payments").await, 1);
    world.assert_settled().await;
}
