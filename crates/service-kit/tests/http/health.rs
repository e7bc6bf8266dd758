//! Alive, ready, measured.

use serde_json::json;

use crate::app::{App, answer};

#[tokio::test]
async fn alive_and_ready() {
    let app = App::start().await;
    assert_eq!(answer(app.get("/livez")).await, (200, json!({ "status": "ok" })));
    assert_eq!(
        answer(app.get("/readyz")).await,
        (200, json!({ "status": "ready", "checks": { "sky": "ok" } }))
    );
}

#[tokio::test]
async fn metrics_are_text() {
    let app = App::start().await;
    let answer = app.get("/metrics").send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert!(answer.headers()["content-type"].to_str().unwrap().starts_with("text/plain; version=0.0.4"));
}
