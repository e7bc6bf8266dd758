//! What webhooks do: once each, in any order, and nothing that does not fit.

use reqwest::Method;
use serde_json::{Value, json};

use crate::world::{DECLINED, NO_FUNDS, PAYS, World, cart};

async fn paid(world: &World) -> (String, String) {
    let session = world.checkout(&cart()).await.ok();
    let id = session["sessionId"].as_str().unwrap().to_owned();
    world.pay(&id, PAYS).await;
    (session["orderId"].as_str().unwrap().to_owned(), id)
}

#[tokio::test(flavor = "multi_thread")]
async fn fault_30_a_hundred_concurrent_duplicates_have_one_effect() {
    let world = World::new().await;
    let (order, _) = paid(&world).await;
    let event = world.events("checkout.session.completed").await.remove(0);
    let answers = world.storm(&event, 100).await;
    assert!(answers.iter().all(|answer| answer.status == 200));
    assert_eq!(world.topics().await, ["payment.created", "payment.successful"]);
    assert_eq!(world.database.number("SELECT count(*) FROM stripe_events").await, 1);
    assert_eq!(world.status(&order).await, "succeeded");
    world.assert_settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fault_31_two_ids_with_one_fact_are_one_effect() {
    let world = World::new().await;
    paid(&world).await;
    let mut event = world.events("checkout.session.completed").await.remove(0);
    world.deliver(&event).await.ok();
    event["id"] = json!("evt_the_same_again");
    world.deliver(&event).await.ok();
    assert_eq!(world.topics().await, ["payment.created", "payment.successful"]);
    assert_eq!(world.event_state("evt_the_same_again").await.0, "processed");
    let superseded = "SELECT count(*) FROM payment_history WHERE outcome = 'superseded'";
    assert_eq!(world.database.number(superseded).await, 1);
    world.assert_settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fault_33_failed_then_succeeded_is_paid_in_any_order() {
    for reversed in [false, true] {
        let world = World::new().await;
        let session = world.checkout(&cart()).await.ok();
        let (order, id) = (session["orderId"].as_str().unwrap(), session["id"].as_str().unwrap());
        world.pay(id, DECLINED).await;
        // Stripe tells times by the second.
        world.clock.advance(time::Duration::seconds(2));
        world.pay(id, NO_FUNDS).await;
        world.pay(id, PAYS).await;
        let mut events = world.events("payment_intent.payment_failed").await;
        assert_eq!(events.len(), 2);
        events.extend(world.events("checkout.session.completed").await);
        events.extend(world.events("payment_intent.succeeded").await);
        if reversed {
            events.reverse();
        }
        for event in &events {
            world.deliver(event).await.ok();
        }
        assert_eq!(world.status(order).await, "succeeded");
        let declines = "SELECT string_agg(error->>'decline_code', ',' ORDER BY error->>'decline_code') FROM payment_declines";
        assert_eq!(world.texts(declines).await, ["generic_decline,insufficient_funds"]);
        let failed = world.published().await.into_iter().filter(|(topic, _)| topic == "payment.failed");
        let failed: Vec<Value> = failed.map(|(_, event)| event["data"].clone()).collect();
        assert_eq!(failed.len(), if reversed { 0 } else { 2 }, "nobody hears of declines after success");
        if let [first, second] = failed.as_slice() {
            assert_eq!((&first["declines"], &second["declines"]), (&json!(1), &json!(2)));
            assert_eq!(second["declineCode"], "insufficient_funds");
            assert_eq!(second["lastError"]["retryable"], true);
            assert!(second["reason"].as_str().unwrap().contains("not enough money"));
        }
        world.assert_settled().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_mode_amount_or_currency_are_quarantined_with_an_alarm() {
    let world = World::new().await;
    let (order, _) = paid(&world).await;
    let event = world.events("checkout.session.completed").await.remove(0);
    let changed = |id: &str, change: fn(&mut Value)| {
        let mut event = event.clone();
        event["id"] = json!(id);
        change(&mut event);
        event
    };
    for (id, reason, event) in [
        ("evt_live", "livemode", changed("evt_live", |event| event["livemode"] = json!(true))),
        ("evt_sum", "amount", changed("evt_sum", |event| event["data"]["object"]["amount_total"] = json!(1))),
        (
            "evt_eur",
            "currency",
            changed("evt_eur", |event| event["data"]["object"]["currency"] = json!("eur")),
        ),
        (
            "evt_cs",
            "session id",
            changed("evt_cs", |event| event["data"]["object"]["id"] = json!("cs_other")),
        ),
    ] {
        world.deliver(&event).await.ok();
        assert_eq!(world.event_state(id).await, ("quarantined".to_owned(), reason.to_owned()));
    }
    assert_eq!(world.status(&order).await, "open");
    assert_eq!(world.topics().await, ["payment.created"]);
    let metrics = world.get("/metrics").await.body.as_str().unwrap().to_owned();
    assert!(
        metrics.lines().any(|line| line.starts_with("payment_alarms_total") && line.contains("quarantine")),
        "{metrics}"
    );

    // An absent mode is not wrong.
    let absent = changed("evt_absent", |event| {
        event.as_object_mut().unwrap().remove("livemode");
    });
    world.deliver(&absent).await.ok();
    assert_eq!(world.status(&order).await, "succeeded");
    world.assert_settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn objects_without_our_metadata_are_foreign_and_counted() {
    let world = World::new().await;
    for (id, livemode) in [("evt_foreign", false), ("evt_foreign_live", true)] {
        let event = json!({
            "id": id, "type": "checkout.session.completed", "livemode": livemode,
            "data": {"object": {"id": "cs_foreign", "status": "complete", "payment_status": "paid",
                                "amount_total": 1, "currency": "usd", "metadata": {}}},
        });
        world.deliver(&event).await.ok();
        assert_eq!(world.event_state(id).await.0, "foreign");
    }
    let metrics = world.get("/metrics").await.body.as_str().unwrap().to_owned();
    assert!(
        metrics.lines().any(|line| line.starts_with("stripe_events_total") && line.contains("foreign")),
        "{metrics}"
    );
    world.assert_settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fault_38_unknown_types_are_stored_and_ignored() {
    let world = World::new().await;
    for kind in ["invoice.paid", "charge.succeeded", "what.nobody.knows"] {
        let event = json!({"id": kind, "type": kind, "data": {"object": {"id": "x", "new": {"field": []}}}});
        world.deliver(&event).await.ok();
        assert_eq!(world.event_state(kind).await.0, "ignored");
    }
    world.assert_settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_that_stays_unknown_ends_in_quarantine() {
    let world = World::new().await;
    let event = json!({
        "id": "evt_lost", "type": "checkout.session.completed", "livemode": false,
        "data": {"object": {"id": "cs_lost", "status": "complete", "payment_status": "paid", "amount_total": 1,
                            "currency": "usd", "metadata": {"tender_payment_id": world.new_order()}}},
    });
    world.deliver(&event).await.ok();
    world.eventually_event("evt_lost", "quarantined").await;
    assert_eq!(world.event_state("evt_lost").await.1, "the payment is not known");
    world.assert_settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn paypals_delayed_endings() {
    for (outcome, status, topics) in [
        ("delayed_success", "succeeded", ["payment.created", "payment.processing", "payment.successful"]),
        ("delayed_failure", "failed", ["payment.created", "payment.processing", "payment.failed"]),
    ] {
        let world = World::new().await;
        let order = world.new_order();
        let purchase = world.ensure(&order, 1).await.ok();
        let session = purchase["payments"][0]["snapshot"]["sessionId"].as_str().unwrap();
        world.paypal(session, outcome).await;
        world.deliver_only("checkout.session.completed").await;
        assert_eq!(world.status(&order).await, "processing");
        world.settle(session).await;
        let kind = if status == "failed" { "async_payment_failed" } else { "async_payment_succeeded" };
        world.deliver_only(&format!("checkout.session.{kind}")).await;
        assert_eq!(world.status(&order).await, status);
        assert_eq!(world.topics().await, topics, "{outcome}");
        world.assert_settled().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_session_is_published_once() {
    let world = World::new().await;
    let session = world.checkout(&cart()).await.ok();
    let (order, id) = (session["orderId"].as_str().unwrap(), session["id"].as_str().unwrap());
    world.stripe(Method::POST, &format!("/checkout/sessions/{id}/expire"), &[]).await;
    world.deliver_only("checkout.session.expired").await;
    assert_eq!(world.status(order).await, "expired");
    assert_eq!(world.topics().await, ["payment.created", "payment.expired"]);
    world.assert_settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fault_32_all_webhooks_of_a_purchase_in_any_order_end_the_same() {
    let world = World::new().await;
    let mut orders = Vec::new();
    for order_of_arrival in permutations(4) {
        let session = world.checkout(&cart()).await.ok();
        let (order, id) = (session["orderId"].as_str().unwrap(), session["id"].as_str().unwrap());
        world.pay(id, DECLINED).await;
        world.pay(id, PAYS).await;
        let intent = world.session(id).await["payment_intent"].as_str().unwrap().to_owned();
        let form = [("payment_intent", intent.as_str()), ("amount", "1000")];
        world.stripe(Method::POST, "/refunds", &form).await;
        let mut events = Vec::new();
        for kind in [
            "payment_intent.payment_failed",
            "checkout.session.completed",
            "payment_intent.succeeded",
            "charge.refunded",
        ] {
            // The newest of the kind is this purchase's.
            events.push(world.events(kind).await.pop().unwrap());
        }
        for &index in order_of_arrival.iter().chain(&order_of_arrival) {
            world.deliver(&events[index]).await.ok();
        }
        orders.push((order.to_owned(), order_of_arrival));
    }
    world.assert_settled().await;
    for (order, order_of_arrival) in orders {
        let row = format!(
            "SELECT status || ' ' || amount_received || ' ' || amount_refunded || ' ' || \
             (SELECT count(*) FROM payment_declines WHERE payment_id = payments.id) || ' ' || \
             (SELECT count(*) FROM refunds WHERE payment_id = payments.id) \
             FROM payments WHERE purchase_id = '{order}'"
        );
        assert_eq!(world.texts(&row).await, ["succeeded 2999 1000 1 1"], "{order_of_arrival:?}");
    }
}

/// Every order of `0..count`.
fn permutations(count: usize) -> Vec<Vec<usize>> {
    (0..count).fold(vec![Vec::new()], |all, next| {
        let insert = |one: Vec<usize>| {
            (0..=one.len()).map(move |place| {
                let mut longer = one.clone();
                longer.insert(place, next);
                longer
            })
        };
        all.into_iter().flat_map(insert).collect()
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_away_is_503_and_nothing_is_lost() {
    let world = World::new().await;
    paid(&world).await;
    let event = world.events("checkout.session.completed").await.remove(0);
    let rename = |from: &str, to: &str| format!("ALTER TABLE {from} RENAME TO {to}");
    let db = world.database.connection();
    sea_orm::ConnectionTrait::execute_unprepared(db, &rename("stripe_events", "away")).await.unwrap();
    assert_eq!(world.deliver(&event).await.problem(), (503, "service_unavailable"));
    sea_orm::ConnectionTrait::execute_unprepared(db, &rename("away", "stripe_events")).await.unwrap();
    world.deliver(&event).await.ok();
    assert_eq!(world.topics().await, ["payment.created", "payment.successful"]);
    world.assert_settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_applied_is_200_and_applied_later() {
    let world = World::new().await;
    let (order, _) = paid(&world).await;
    let event = world.events("checkout.session.completed").await.remove(0);
    let db = world.database.connection();
    sea_orm::ConnectionTrait::execute_unprepared(db, "ALTER TABLE payment_history RENAME TO away")
        .await
        .unwrap();
    world.deliver(&event).await.ok();
    assert_eq!(world.event_state(event["id"].as_str().unwrap()).await.0, "pending");
    assert_eq!(world.topics().await, ["payment.created"], "the effect is rolled back with the marker");
    sea_orm::ConnectionTrait::execute_unprepared(db, "ALTER TABLE away RENAME TO payment_history")
        .await
        .unwrap();
    world.eventually_event(event["id"].as_str().unwrap(), "processed").await;
    assert_eq!(world.status(&order).await, "succeeded");
    world.assert_settled().await;
}
