//! Webhooks that come before what they build on: kept, and tried again until they can be applied.

use serde_json::{Value, json};
use test_support::eventually;

use crate::world::{PATIENCE, PAYS, World, cart};

async fn paid(world: &World) -> String {
    let session = world.checkout(&cart()).await.ok();
    world.pay(session["sessionId"].as_str().unwrap(), PAYS).await;
    session["orderId"].as_str().unwrap().to_owned()
}

async fn execute(world: &World, sql: &str) {
    sea_orm::ConnectionTrait::execute_unprepared(world.database.connection(), sql).await.unwrap();
}

/// As if the answer to our call had never come.
async fn forget_session(world: &World, order: &str) {
    let forget = format!(
        "UPDATE payments SET status = 'created', sequence = 0, session_id = NULL WHERE purchase_id = '{order}'; \
         UPDATE stripe_requests SET state = 'pending', finished_at = NULL; DELETE FROM outbox"
    );
    execute(world, &forget).await;
}

/// Leaves an event as a process does that took it four days ago and died.
async fn kept_for_four_days(world: &World, event: &Value) {
    let payload = event.to_string().replace('\'', "''");
    let sql = format!(
        "INSERT INTO stripe_events (id, type, payload, state, tries, next_try_at, received_at) VALUES \
         ('{}', '{}', '{payload}', 'pending', 0, now() - interval '4 days', now() - interval '4 days')",
        event["id"].as_str().unwrap(),
        event["type"].as_str().unwrap(),
    );
    execute(world, &sql).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fault_35_an_event_that_overtakes_our_own_answer_waits_for_it() {
    let world = World::new().await;
    // Stripe answers late: the customer has paid before we know the Session.
    world.faults(json!({"latencyMs": 1500})).await;
    let body = cart();
    let checkout = world.checkout(&body);
    let early = async {
        let session = eventually(PATIENCE, "a session", async || world.sessions().await.pop()).await;
        world.pay(session["id"].as_str().unwrap(), PAYS).await;
        for kind in ["payment_intent.succeeded", "checkout.session.completed"] {
            let event = world.events(kind).await.remove(0);
            world.deliver(&event).await.ok();
        }
    };
    let (answer, ()) = tokio::join!(checkout, early);
    let order = answer.ok()["orderId"].as_str().unwrap().to_owned();
    world.assert_settled().await;
    assert_eq!(world.status(&order).await, "succeeded");
    assert_eq!(world.topics().await, ["payment.created", "payment.successful"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn fault_35_an_intent_alone_waits_until_its_session_is_known() {
    let world = World::new().await;
    let order = paid(&world).await;
    let event = world.events("payment_intent.succeeded").await.remove(0);
    forget_session(&world, &order).await;
    world.deliver(&event).await.ok();
    world.eventually_event(event["id"].as_str().unwrap(), "processed").await;
    assert_eq!(world.topics().await, ["payment.created", "payment.successful"]);
    world.assert_settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fault_35_an_event_kept_over_a_long_outage_is_really_tried() {
    let world = World::new().await;
    let order = paid(&world).await;
    let event = world.events("payment_intent.succeeded").await.remove(0);
    forget_session(&world, &order).await;
    kept_for_four_days(&world, &event).await;
    world.eventually_event(event["id"].as_str().unwrap(), "processed").await;
    assert_eq!(world.status(&order).await, "succeeded");
    assert_eq!(world.topics().await, ["payment.created", "payment.successful"]);
    world.assert_settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fault_35_an_event_is_given_up_after_many_tries_over_days() {
    let world = World::configured(&[("STRIPE_TIMEOUT", "1s")]).await;
    let order = paid(&world).await;
    let event = world.events("payment_intent.succeeded").await.remove(0);
    let id = event["id"].as_str().unwrap();
    forget_session(&world, &order).await;
    world.faults(json!({"errors": [{"path": "*", "status": 503, "when": "before", "times": -1}]})).await;
    kept_for_four_days(&world, &event).await;
    let tries = format!("SELECT tries::bigint FROM stripe_events WHERE id = '{id}'");
    for tried in 1..=11 {
        eventually(PATIENCE, format!("it is tried {tried} times"), async || {
            let found = world.database.number(&tries).await;
            if found >= tried { Ok(()) } else { Err(found) }
        })
        .await;
        assert_eq!(world.event_state(id).await.0, "pending", "after {tried} tries");
        world.clock.advance(time::Duration::hours(8));
    }
    world.eventually_event(id, "quarantined").await;
    assert_eq!(world.event_state(id).await.1, "tried for too long");
}
