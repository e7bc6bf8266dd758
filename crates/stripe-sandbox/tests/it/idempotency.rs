//! `Idempotency-Key`: replay, mismatch, conflict, what is kept and what is not.

use std::time::Duration;

use serde_json::json;
use test_support::eventually;

use crate::support::{SOON, Shop, session_form};

const SESSIONS: &str = "/v1/checkout/sessions";

#[tokio::test]
async fn the_same_key_gets_the_same_answer() {
    let shop = Shop::open().await;
    let first = shop.post_once("k", SESSIONS, &session_form(&[])).await;
    let mut other_order = session_form(&[]);
    other_order.reverse();
    let second = shop.post_once("k", SESSIONS, &other_order).await;
    assert_eq!(first.json, second.json);
    assert_eq!(first.header("idempotent-replayed"), None);
    assert_eq!(second.header("idempotent-replayed"), Some("true"));
    assert_eq!(second.header("original-request"), first.header("request-id"));
    assert_ne!(second.header("request-id"), first.header("request-id"));
    assert_eq!(shop.get(SESSIONS).await.json["data"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_key_belongs_to_its_parameters_and_its_path() {
    let shop = Shop::open().await;
    shop.post_once("k", SESSIONS, &session_form(&[])).await;
    let other = shop.post_once("k", SESSIONS, &session_form(&[("metadata[a]", "b")])).await;
    let elsewhere = shop.post_once("k", "/v1/customers", &session_form(&[])).await;
    let expanded = shop.post_once("k", SESSIONS, &session_form(&[("expand[]", "line_items")])).await;
    for refused in [other, elsewhere, expanded] {
        assert_eq!((refused.status, refused.code()), (400, "idempotency_error"));
    }
}

#[tokio::test]
async fn keys_do_not_matter_to_reads_and_may_not_be_long() {
    let shop = Shop::open().await;
    let session = shop.post_once("k", SESSIONS, &session_form(&[])).await.id();
    let read =
        shop.request(reqwest::Method::GET, &format!("{SESSIONS}/{session}")).header("idempotency-key", "k");
    assert_eq!(shop.send(read).await.status, 200);
    assert_eq!(shop.post_once(&"k".repeat(256), SESSIONS, &session_form(&[])).await.status, 400);
    assert_eq!(shop.post_once(&"k".repeat(255), SESSIONS, &session_form(&[])).await.status, 200);
}

#[tokio::test]
async fn a_call_under_way_keeps_its_key_to_itself() {
    let shop = Shop::open().await;
    shop.faults(json!({ "latencyMs": 1500 })).await;
    let form = session_form(&[]);
    let answers = futures::future::join_all((0..5).map(|_| shop.post_once("k", SESSIONS, &form))).await;
    let done: Vec<_> = answers.iter().filter(|answer| answer.status == 200).collect();
    assert_eq!(done.len(), 1);
    for busy in answers.iter().filter(|answer| answer.status != 200) {
        assert_eq!((busy.status, busy.code()), (409, "idempotency_key_in_use"));
        assert_eq!(busy.header("stripe-should-retry"), Some("true"));
    }
    let replay = shop.post_once("k", SESSIONS, &form).await;
    assert_eq!(replay.id(), done[0].id());
}

#[tokio::test]
async fn a_caller_who_hangs_up_finds_the_answer_later() {
    let shop = Shop::open().await;
    shop.faults(json!({ "latencyMs": 1500 })).await;
    let form = session_form(&[]);
    let impatient = shop.request(reqwest::Method::POST, SESSIONS).header("idempotency-key", "k").form(&form);
    assert!(impatient.timeout(Duration::from_millis(700)).send().await.unwrap_err().is_timeout());
    let replay = eventually(SOON, "the kept answer", async || {
        let answer = shop.post_once("k", SESSIONS, &form).await;
        (answer.status == 200).then_some(answer)
    })
    .await;
    assert_eq!(replay.header("idempotent-replayed"), Some("true"));
    assert_eq!(shop.get(SESSIONS).await.json["data"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn refusals_of_parameters_are_not_kept() {
    let shop = Shop::open().await;
    let wrong = shop.post_once("k", SESSIONS, &session_form(&[("mode", "")])).await;
    assert_eq!(wrong.status, 400);
    let right = shop.post_once("k", SESSIONS, &session_form(&[])).await;
    assert_eq!((right.status, right.header("idempotent-replayed")), (200, None));
}

#[tokio::test]
async fn declines_are_kept() {
    let shop = Shop::open().await;
    let intent = shop.post("/v1/payment_intents", &[("amount", "500"), ("currency", "usd")]).await.id();
    let confirm = format!("/v1/payment_intents/{intent}/confirm");
    let form = [("payment_method", "pm_card_chargeDeclined")];
    let (first, second) =
        (shop.post_once("k", &confirm, &form).await, shop.post_once("k", &confirm, &form).await);
    assert_eq!((first.status, first.json), (402, second.json.clone()));
    assert_eq!(second.header("idempotent-replayed"), Some("true"));
    assert_eq!(shop.get("/v1/charges").await.json["data"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_500_is_kept_whether_it_came_before_or_after_the_effect() {
    let shop = Shop::open().await;
    for (key, when, made) in [("b", "before", 0), ("a", "after", 1)] {
        let error = json!({ "method": "POST", "path": SESSIONS, "status": 500, "when": when, "times": 1 });
        shop.faults(json!({ "errors": [error] })).await;
        let broken = shop.post_once(key, SESSIONS, &session_form(&[])).await;
        let replayed = shop.post_once(key, SESSIONS, &session_form(&[])).await;
        assert_eq!((broken.status, replayed.status), (500, 500), "{when}");
        assert_eq!(broken.code(), "api_error");
        assert_eq!(replayed.header("idempotent-replayed"), Some("true"));
        assert_eq!(shop.get(SESSIONS).await.json["data"].as_array().unwrap().len(), made, "{when}");
    }
}

#[tokio::test]
async fn a_429_is_not_kept() {
    let shop = Shop::open().await;
    shop.faults(json!({ "errors": [{ "path": SESSIONS, "status": 429, "when": "before" }] })).await;
    let limited = shop.post_once("k", SESSIONS, &session_form(&[])).await;
    assert_eq!((limited.status, limited.code()), (429, "rate_limit"));
    assert_eq!(shop.post_once("k", SESSIONS, &session_form(&[])).await.status, 200);
}

#[tokio::test]
async fn a_gateways_error_after_the_effect_leaves_the_true_answer_to_the_key() {
    let shop = Shop::open().await;
    shop.faults(json!({ "errors": [{ "path": SESSIONS, "status": 502, "when": "after" }] })).await;
    assert_eq!(shop.post_once("k", SESSIONS, &session_form(&[])).await.status, 502);
    let replay = shop.post_once("k", SESSIONS, &session_form(&[])).await;
    assert_eq!((replay.status, replay.header("idempotent-replayed")), (200, Some("true")));
}

#[tokio::test]
async fn keys_are_forgotten_after_a_day() {
    let shop = Shop::open().await;
    let first = shop.post_once("k", SESSIONS, &session_form(&[])).await.id();
    shop.clock.advance(time::Duration::hours(25));
    assert_ne!(shop.post_once("k", SESSIONS, &session_form(&[])).await.id(), first);
}
