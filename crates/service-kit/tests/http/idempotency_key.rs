//! The header's form.

use serde_json::json;

use crate::app::{App, answer, problem};

#[tokio::test]
async fn keys_of_up_to_255_characters_are_taken() {
    let app = App::start().await;
    assert_eq!(answer(app.post("/key")).await, (200, json!(null)));
    for key in ["a".to_owned(), "3f2b 9c/~".to_owned(), "k".repeat(255)] {
        assert_eq!(answer(app.post("/key").header("idempotency-key", &key)).await, (200, json!(key)));
    }
}

#[tokio::test]
async fn other_keys_are_400() {
    let app = App::start().await;
    for key in ["k".repeat(256), String::new(), "schlüssel".to_owned()] {
        let body = problem(app.post("/key").header("idempotency-key", &key), 400).await;
        assert_eq!(body["code"], "idempotency_key_invalid");
    }
    let twice = app.post("/key").header("idempotency-key", "a").header("idempotency-key", "b");
    problem(twice, 400).await;
}
