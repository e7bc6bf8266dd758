//! Fault switches of the API: errors and slowness.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::{Shop, session_form};

const SESSIONS: &str = "/v1/checkout/sessions";

#[tokio::test]
async fn errors_strike_only_where_they_are_told() {
    let shop = Shop::open().await;
    let session = shop.session().await;
    shop.faults(json!({ "errors": [
        { "method": "POST", "path": "/v1/checkout/sessions/*", "status": 409, "when": "before", "times": 2 },
    ] }))
    .await;
    assert_eq!(shop.get(&format!("{SESSIONS}/{session}")).await.status, 200);
    assert_eq!(shop.create(&[]).await.status, 200);
    let expire = format!("{SESSIONS}/{session}/expire");
    for _ in 0..2 {
        let locked = shop.post(&expire, &[]).await;
        assert_eq!((locked.status, locked.code()), (409, "lock_timeout"));
    }
    assert_eq!(shop.post(&expire, &[]).await.status, 200);
    let calls = shop.control(reqwest::Method::GET, "calls?path=*/expire", json!({})).await.json;
    assert_eq!(calls["calls"][0]["fault"], true);
    assert_eq!(calls["calls"][2]["fault"], false);
}

#[tokio::test]
async fn an_error_before_has_no_effect_and_one_after_has() {
    let shop = Shop::open().await;
    for (when, made) in [("before", 0), ("after", 1)] {
        shop.faults(
            json!({ "errors": [{ "path": SESSIONS, "method": "POST", "status": 503, "when": when }] }),
        )
        .await;
        assert_eq!(shop.create(&[]).await.status, 503);
        assert_eq!(shop.get(SESSIONS).await.json["data"].as_array().unwrap().len(), made, "{when}");
    }
}

#[tokio::test]
async fn held_answers_come_after_their_effect_when_the_switch_is_off() {
    let shop = Shop::open().await;
    shop.faults(json!({ "held": [{ "method": "POST", "path": SESSIONS }] })).await;
    let form = session_form(&[]);
    let held = shop.post(SESSIONS, &form);
    let release = async {
        let asked =
            || shop.control(reqwest::Method::GET, "calls?method=POST&path=/v1/checkout/sessions", json!({}));
        test_support::eventually(Duration::from_secs(30), "it was asked", async || {
            asked().await.json["count"] == 1
        })
        .await;
        // Other calls are answered, and see what it made.
        let made = shop.get(SESSIONS).await.json["data"].as_array().unwrap().len();
        shop.faults(json!({})).await;
        made
    };
    let (answer, made) = tokio::join!(held, release);
    assert_eq!((answer.status, made), (200, 1));
}

#[tokio::test]
async fn slow_answers_come_after_their_effect() {
    let shop = Shop::open().await;
    shop.faults(json!({ "latencyMs": 1500 })).await;
    let form = session_form(&[]);
    let begun = Instant::now();
    let slow = shop.post(SESSIONS, &form);
    let (slow, listed) = tokio::join!(slow, async {
        test_support::eventually(Duration::from_millis(1400), "the effect", async || {
            let front = shop.http.get(&shop.url).send().await.unwrap().text().await.unwrap();
            front.contains("Open Checkout Sessions")
        })
        .await;
        begun.elapsed()
    });
    assert_eq!(slow.status, 200);
    assert!(begun.elapsed() >= Duration::from_millis(1500));
    assert!(listed < Duration::from_millis(1500), "{listed:?}");
}

#[tokio::test]
async fn switches_are_read_back_with_what_is_left() {
    let shop = Shop::open().await;
    shop.faults(json!({
        "deliveries": { "duplicate": 3, "drop": "all" },
        "errors": [{ "path": "/v1/events", "status": 429, "when": "before", "times": 3 }],
    }))
    .await;
    shop.get("/v1/events").await;
    let left = shop.control(reqwest::Method::GET, "faults", json!({})).await.json;
    assert_eq!(left["errors"][0]["times"], 2);
    assert_eq!(left["deliveries"], json!({ "duplicate": 3, "reorder": false, "delayMs": 0, "drop": "all" }));
    shop.faults(json!({})).await;
    assert_eq!(shop.get("/v1/events").await.status, 200);
}

#[tokio::test]
async fn wrong_switches_are_refused() {
    let shop = Shop::open().await;
    for wrong in [
        json!({ "latency": 1 }),
        json!({ "deliveries": { "drop": "some" } }),
        json!({ "deliveries": { "duplicate": -1 } }),
        json!({ "errors": [{ "path": "/", "status": 200, "when": "before" }] }),
        json!({ "errors": [{ "path": "/", "status": 500, "when": "during" }] }),
    ] {
        let refused = shop.control(reqwest::Method::PUT, "faults", wrong.clone()).await;
        assert_eq!(refused.status, 400, "{wrong}");
    }
}
