//! Every webhook that is not to be taken, by name, and what is nearly one of them.

use kernel::Clock;
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};

use crate::world::{Answer, SECOND_SECRET, SECRET, World, sign, signature};

fn event() -> String {
    json!({"id": "evt_input", "type": "invoice.paid", "data": {"object": {"id": "in_1"}}}).to_string()
}

fn at(world: &World) -> i64 {
    world.clock.now().unix_timestamp()
}

fn good(world: &World, body: &str) -> String {
    signature(SECRET, at(world), body.as_bytes())
}

async fn refused_signature(world: &World, headers: &[&str]) {
    let answer = world.signed_webhook(headers, event().as_bytes()).await;
    assert_eq!(answer.problem(), (400, "invalid_signature"), "{headers:?}");
    assert_eq!(answer.body["error"], "Invalid signature");
    assert_eq!(world.database.number("SELECT count(*) FROM stripe_events").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn signatures_that_are_refused() {
    let world = World::new().await;
    let (t, good) = (at(&world), good(&world, &event()));
    for (what, header) in [
        ("empty header", String::new()),
        ("no t", format!("v1={good}")),
        ("no v1", format!("t={t}")),
        ("only v0", format!("t={t},v0={good}")),
        ("t overflowing", format!("t=99999999999999999999,v1={good}")),
        ("non-hex MAC", format!("t={t},v1={}", "z".repeat(64))),
        ("short MAC", format!("t={t},v1={}", &good[..62])),
        ("wrong secret", format!("t={t},v1={}", signature("whsec_wrong", t, event().as_bytes()))),
        ("more than 16 signatures", format!("t={t}{}", format!(",v1={good}").repeat(17))),
        // The limit itself, 300 s, is the unit tests'; here the clock runs.
        ("too old", sign(SECRET, world.clock.now() - Duration::seconds(302), event().as_bytes())),
        (
            "too far in the future",
            sign(SECRET, world.clock.now() + Duration::seconds(305), event().as_bytes()),
        ),
    ] {
        println!("{what}");
        refused_signature(&world, &[&header]).await;
    }
    println!("no signature header, two signature headers");
    refused_signature(&world, &[]).await;
    let header = format!("t={t},v1={good}");
    refused_signature(&world, &[&header, &header]).await;
    world.assert_settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_was_serialized_again_is_refused() {
    let world = World::new().await;
    let body = "{\"id\": \"evt_1\", \"type\": \"invoice.paid\", \"data\": {\"object\": {\"id\": \"in_1\"}}}";
    let header = sign(SECRET, world.clock.now(), body.as_bytes());
    let again = serde_json::from_str::<Value>(body).unwrap().to_string();
    assert_eq!(
        world.signed_webhook(&[&header], again.as_bytes()).await.problem(),
        (400, "invalid_signature")
    );
    world.signed_webhook(&[&header], body.as_bytes()).await.ok();
    world.assert_settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fault_37_a_bad_and_a_good_v1_in_either_order_and_either_secret_are_taken() {
    let world = World::new().await;
    let (t, good) = (at(&world), good(&world, &event()));
    let bad = signature("whsec_wrong", t, event().as_bytes());
    let second = signature(SECOND_SECRET, t, event().as_bytes());
    for (first, next) in [(&bad, &good), (&good, &bad), (&second, &bad)] {
        let header = format!("t={t},v1={first},v1={next}");
        world.signed_webhook(&[&header], event().as_bytes()).await.ok();
    }
    assert_eq!(world.database.number("SELECT count(*) FROM stripe_events").await, 1);
    world.assert_settled().await;
}

async fn signed(world: &World, body: &[u8]) -> Answer {
    let header = sign(SECRET, world.clock.now(), body);
    world.signed_webhook(&[&header], body).await
}

#[tokio::test(flavor = "multi_thread")]
async fn signed_bodies_that_are_no_event() {
    let world = World::new().await;
    let object = json!({"object": {"id": "x"}});
    for (what, body) in [
        ("body not UTF-8", b"{\"id\":\"evt_\xff\"}".to_vec()),
        ("signed non-JSON", b"hello".to_vec()),
        ("no id", json!({"type": "invoice.paid", "data": object}).to_string().into_bytes()),
        ("no type", json!({"id": "evt_1", "data": object}).to_string().into_bytes()),
        (
            "thin event",
            json!({"id": "evt_1", "object": "v2.core.event", "type": "v1.x", "related_object": {"id": "x"}})
                .to_string()
                .into_bytes(),
        ),
    ] {
        assert_eq!(signed(&world, &body).await.status, 400, "{what}");
    }
    assert_eq!(world.database.number("SELECT count(*) FROM stripe_events").await, 0);
    world.assert_settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn too_large_is_413_and_get_is_405() {
    let world = World::new().await;
    let body = vec![b' '; 1024 * 1024 + 1];
    assert_eq!(signed(&world, &body).await.problem(), (413, "body_too_large"));
    for path in ["/api/payments/webhooks/stripe", "/api/payments/webhook"] {
        let answer = world.get(path).await;
        assert_eq!(answer.problem(), (405, "method_not_allowed"));
        assert_eq!(answer.headers["allow"], "POST");
    }
    world.assert_settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_alias_takes_webhooks_and_so_does_the_largest_body() {
    let world = World::new().await;
    let mut event: Value = serde_json::from_str(&event()).unwrap();
    let header = |body: &str| sign(SECRET, world.clock.now(), body.as_bytes());
    let alias = |body: String| {
        let request = world.request(reqwest::Method::POST, "/api/payments/webhook");
        world.send(request.header("Stripe-Signature", header(&body)).body(body))
    };
    assert_eq!(alias(event.to_string()).await.ok(), json!({"received": true}));
    event["id"] = json!("evt_large");
    event["padding"] = json!("x".repeat(1024 * 1024 - event.to_string().len() - 15));
    let body = event.to_string();
    assert!((1024 * 1024 - 8..=1024 * 1024).contains(&body.len()), "{}", body.len());
    alias(body).await.ok();
    assert_eq!(world.event_state("evt_large").await.0, "ignored");
    world.assert_settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fault_47_a_clock_off_by_ten_minutes_is_400_and_recovers() {
    let world = World::new().await;
    let stripe: OffsetDateTime = world.clock.now();
    world.clock.advance(Duration::minutes(10));
    let header = sign(SECRET, stripe, event().as_bytes());
    refused_signature(&world, &[&header]).await;
    let metrics = world.get("/metrics").await.body.as_str().unwrap().to_owned();
    assert!(
        metrics
            .lines()
            .any(|line| line.starts_with("payment_alarms_total") && line.contains("webhook_clock")),
        "{metrics}"
    );
    // Each retry is signed again.
    world.webhook(&event()).await.ok();
    world.assert_settled().await;
}
