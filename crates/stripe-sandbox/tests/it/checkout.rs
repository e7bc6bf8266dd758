//! A Session's life: paid, declined first, 3-D Secure, PayPal's endings, expiry.

use serde_json::{Value, json};
use test_support::eventually;
use time::Duration;

use crate::support::{SOON, Shop};

async fn retrieve(shop: &Shop, session: &str) -> Value {
    shop.get(&format!("/v1/checkout/sessions/{session}?expand[]=payment_intent.latest_charge")).await.json
}

#[tokio::test]
async fn a_paid_session_tells_so_in_every_object() {
    let shop = Shop::open().await;
    let created = shop
        .create(&[
            ("metadata[order]", "o-1"),
            ("payment_intent_data[metadata][payment]", "p-1"),
            ("client_reference_id", "o-1"),
            ("customer_email", "ada@example.com"),
        ])
        .await;
    assert_eq!(created.json["payment_intent"], Value::Null);
    assert_eq!(
        (&created.json["status"], &created.json["payment_status"]),
        (&json!("open"), &json!("unpaid"))
    );
    assert_eq!(created.json["url"], format!("{}/c/pay/{}", shop.url, created.id()));
    let paid = shop.pay(&created.id(), json!({ "card": "4242424242424242" })).await;
    assert_eq!(paid.json["outcome"], "paid");
    assert_eq!(paid.json["redirect"], format!("https://shop.example/done?session_id={}", created.id()));
    let session = retrieve(&shop, &created.id()).await;
    assert_eq!((&session["status"], &session["payment_status"]), (&json!("complete"), &json!("paid")));
    assert_eq!(session["url"], Value::Null);
    assert_eq!(session["customer_details"]["email"], "ada@example.com");
    assert_eq!(session["metadata"], json!({ "order": "o-1" }));
    let intent = &session["payment_intent"];
    assert_eq!(intent["metadata"], json!({ "payment": "p-1" }), "the Session's metadata is its own");
    assert_eq!((&intent["status"], &intent["amount_received"]), (&json!("succeeded"), &json!(2999)));
    assert_eq!(intent["latest_charge"]["payment_method_details"]["card"]["last4"], "4242");
    assert_eq!(
        shop.event_types().await,
        [
            "payment_intent.created",
            "charge.succeeded",
            "payment_intent.succeeded",
            "checkout.session.completed"
        ]
    );
}

#[tokio::test]
async fn a_decline_leaves_the_session_open_for_another_try() {
    let shop = Shop::open().await;
    let session = shop.session().await;
    let declined = shop.pay(&session, json!({ "card": "4000 0000 0000 9995" })).await;
    assert_eq!((declined.status, &declined.json["outcome"]), (200, &json!("declined")));
    let after = retrieve(&shop, &session).await;
    assert_eq!((&after["status"], &after["payment_status"]), (&json!("open"), &json!("unpaid")));
    let error = &after["payment_intent"]["last_payment_error"];
    assert_eq!(
        (&error["code"], &error["decline_code"]),
        (&json!("card_declined"), &json!("insufficient_funds"))
    );
    assert_eq!(error["type"], "card_error");
    assert_eq!(error["payment_method"]["card"]["last4"], "9995");
    assert_eq!(error["charge"], after["payment_intent"]["latest_charge"]["id"]);
    assert_eq!(after["payment_intent"]["latest_charge"]["status"], "failed");
    assert_eq!(shop.pay(&session, json!({ "card": "4242424242424242" })).await.json["outcome"], "paid");
    let paid = retrieve(&shop, &session).await;
    assert_eq!(paid["payment_intent"]["id"], after["payment_intent"]["id"], "one PaymentIntent per Session");
    assert_eq!(paid["payment_intent"]["last_payment_error"], Value::Null);
    assert_eq!(
        shop.event_types().await,
        [
            "payment_intent.created",
            "charge.failed",
            "payment_intent.payment_failed",
            "charge.succeeded",
            "payment_intent.succeeded",
            "checkout.session.completed",
        ]
    );
}

#[tokio::test]
async fn every_test_card_has_its_own_refusal() {
    let shop = Shop::open().await;
    let session = shop.session().await;
    for (card, code, decline_code) in [
        ("4000000000000002", "card_declined", Some("generic_decline")),
        ("4000000000009995", "card_declined", Some("insufficient_funds")),
        ("4000000000009987", "card_declined", Some("lost_card")),
        ("4000000000009979", "card_declined", Some("stolen_card")),
        ("4000000000006975", "card_declined", Some("card_velocity_exceeded")),
        ("4100000000000019", "card_declined", Some("fraudulent")),
        ("4000000000000069", "expired_card", None),
        ("4000000000000127", "incorrect_cvc", None),
        ("4000000000000119", "processing_error", None),
        ("4242424242424241", "incorrect_number", None),
        ("4111111111111111", "card_declined", Some("test_mode_live_card")),
    ] {
        let answer = shop.pay(&session, json!({ "card": card })).await;
        let error = &answer.json["error"];
        assert_eq!(
            (error["code"].as_str(), error["decline_code"].as_str()),
            (Some(code), decline_code),
            "{card}"
        );
    }
    assert_eq!(shop.pay(&session, json!({ "card": "4000000000000259" })).await.json["outcome"], "paid");
}

#[tokio::test]
async fn a_session_is_paid_once() {
    let shop = Shop::open().await;
    let session = shop.session().await;
    let tries = (0..10).map(|_| shop.pay(&session, json!({ "card": "4242424242424242" })));
    let answers = futures::future::join_all(tries).await;
    assert_eq!(answers.iter().filter(|answer| answer.json["outcome"] == "paid").count(), 1);
    assert_eq!(answers.iter().filter(|answer| answer.status == 400).count(), 9);
    let books = shop.control(reqwest::Method::GET, "books", json!({})).await.json;
    assert_eq!(
        books["totals"]["usd"],
        json!({"captured": 2999, "refunded": 0, "withdrawn": 0, "reinstated": 0, "net": 2999})
    );
    assert_eq!(books["paymentIntents"][0]["captures"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn three_d_secure_waits_passes_or_fails() {
    let shop = Shop::open().await;
    let card = "4000002500003155";
    let session = shop.session().await;
    let asked = shop.pay(&session, json!({ "card": card })).await;
    assert_eq!(asked.json["outcome"], "requires_action");
    assert_eq!(asked.json["redirect"], format!("{}/c/pay/{session}/3ds", shop.url));
    let intent = retrieve(&shop, &session).await["payment_intent"].clone();
    assert_eq!(intent["status"], "requires_action");
    let settle = format!("payment_intents/{}/settle", intent["id"].as_str().unwrap());
    let failed = shop.control(reqwest::Method::POST, &settle, json!({ "outcome": "failed" })).await.json;
    assert_eq!(failed["status"], "requires_payment_method");
    assert_eq!(failed["last_payment_error"]["code"], "payment_intent_authentication_failure");
    let passed = shop.pay(&session, json!({ "card": card, "threeDSecure": "pass" })).await;
    assert_eq!(passed.json["outcome"], "paid");
    let types = shop.event_types().await;
    assert_eq!(types.iter().filter(|kind| *kind == "payment_intent.requires_action").count(), 1);
    assert_eq!(types.last().unwrap(), "checkout.session.completed");
}

#[tokio::test]
async fn three_d_secure_passed_may_still_be_declined() {
    let shop = Shop::open().await;
    let session = shop.session().await;
    let declined = shop.pay(&session, json!({ "card": "4000008260003178", "threeDSecure": "pass" })).await;
    assert_eq!(declined.json["error"]["decline_code"], "insufficient_funds");
    let failed = shop.pay(&session, json!({ "card": "4000008260003178", "threeDSecure": "fail" })).await;
    assert_eq!(failed.json["error"]["code"], "payment_intent_authentication_failure");
}

#[tokio::test]
async fn paypal_approves_or_is_cancelled() {
    let shop = Shop::open().await;
    let session = shop.session().await;
    let cancelled = shop.pay(&session, json!({ "paymentMethod": "paypal", "outcome": "cancel" })).await;
    assert_eq!(cancelled.json["outcome"], "cancelled");
    assert_eq!(cancelled.json["error"]["code"], "payment_method_customer_decline");
    assert_eq!(cancelled.json["session"]["status"], "open");
    assert_eq!(cancelled.json["redirect"], format!("{}/c/pay/{session}", shop.url));
    let approved = shop.pay(&session, json!({ "paymentMethod": "paypal", "outcome": "approve" })).await;
    assert_eq!(approved.json["session"]["payment_status"], "paid");
    let charge = &retrieve(&shop, &session).await["payment_intent"]["latest_charge"];
    assert_eq!(charge["payment_method_details"]["type"], "paypal");
}

#[tokio::test]
async fn delayed_payments_complete_unpaid_and_settle_later() {
    let shop = Shop::open().await;
    for (outcome, event, payment_status) in [
        ("delayed_success", "checkout.session.async_payment_succeeded", "paid"),
        ("delayed_failure", "checkout.session.async_payment_failed", "unpaid"),
    ] {
        let session = shop.session().await;
        let paid = shop.pay(&session, json!({ "paymentMethod": "paypal", "outcome": outcome })).await;
        assert_eq!(paid.json["outcome"], "processing");
        assert_eq!(paid.json["session"]["status"], "complete");
        assert_eq!(paid.json["session"]["payment_status"], "unpaid");
        eventually(SOON, event, async || shop.event_types().await.last().is_some_and(|last| last == event))
            .await;
        let settled = retrieve(&shop, &session).await;
        assert_eq!(
            (&settled["status"], &settled["payment_status"]),
            (&json!("complete"), &json!(payment_status))
        );
    }
    let types = shop.event_types().await;
    assert_eq!(
        types[..7],
        [
            "payment_intent.created",
            "charge.pending",
            "payment_intent.processing",
            "checkout.session.completed",
            "charge.succeeded",
            "payment_intent.succeeded",
            "checkout.session.async_payment_succeeded",
        ]
    );
    assert_eq!(
        types[11..],
        ["charge.failed", "payment_intent.payment_failed", "checkout.session.async_payment_failed"]
    );
}

#[tokio::test]
async fn a_delayed_payment_can_be_settled_by_hand() {
    let shop = Shop::with(|config| config.settle_after = std::time::Duration::from_secs(3600)).await;
    let session = shop.session().await;
    let paid = shop.pay(&session, json!({ "paymentMethod": "paypal", "outcome": "delayed_success" })).await;
    let settle =
        format!("payment_intents/{}/settle", paid.json["session"]["payment_intent"].as_str().unwrap());
    let settled = shop.control(reqwest::Method::POST, &settle, json!({ "outcome": "failed" })).await;
    assert_eq!(settled.json["last_payment_error"]["code"], "payment_method_provider_decline");
    let again = shop.control(reqwest::Method::POST, &settle, json!({})).await;
    assert_eq!((again.status, again.code()), (400, "payment_intent_unexpected_state"));
}

#[tokio::test]
async fn sessions_expire_when_the_clock_says_so() {
    let shop = Shop::open().await;
    let session = shop.session().await;
    shop.pay(&session, json!({ "card": "4000000000000002" })).await;
    shop.clock.advance(Duration::hours(25));
    eventually(SOON, "expiry", async || retrieve(&shop, &session).await["status"] == "expired").await;
    let expired = retrieve(&shop, &session).await;
    assert_eq!(expired["url"], Value::Null);
    assert_eq!(expired["payment_intent"]["status"], "canceled");
    assert_eq!(shop.event_types().await[3..], ["payment_intent.canceled", "checkout.session.expired"]);
    assert_eq!(shop.pay(&session, json!({ "card": "4242424242424242" })).await.status, 400);
}

#[tokio::test]
async fn only_open_sessions_expire() {
    let shop = Shop::open().await;
    let session = shop.session().await;
    let path = format!("/v1/checkout/sessions/{session}/expire");
    assert_eq!(shop.post(&path, &[]).await.json["status"], "expired");
    let again = shop.post(&path, &[]).await;
    assert_eq!((again.status, again.code()), (400, "invalid_request_error"));
    let paid = shop.session().await;
    shop.pay(&paid, json!({ "card": "4242424242424242" })).await;
    assert_eq!(shop.post(&format!("/v1/checkout/sessions/{paid}/expire"), &[]).await.status, 400);
    assert_eq!(retrieve(&shop, &paid).await["status"], "complete");
    assert_eq!(shop.post("/v1/checkout/sessions/cs_none/expire", &[]).await.status, 404);
}

#[tokio::test]
async fn leaving_by_the_cancel_link_changes_nothing() {
    let shop = Shop::open().await;
    let session = shop.session().await;
    let path = format!("checkout/sessions/{session}/cancel");
    let left = shop.control(reqwest::Method::POST, &path, json!({})).await;
    assert_eq!(left.json["redirect"], "https://shop.example/cart");
    assert_eq!(left.json["session"]["status"], "open");
    assert!(shop.event_types().await.is_empty());
}

#[tokio::test]
async fn a_session_makes_a_customer_when_asked() {
    let shop = Shop::open().await;
    let session = shop.create(&[("customer_creation", "always")]).await.id();
    let how = json!({ "card": "4242424242424242", "email": "eve@example.com", "name": "Eve" });
    shop.pay(&session, how).await;
    let expanded = shop.get(&format!("/v1/checkout/sessions/{session}?expand[0]=customer")).await.json;
    assert_eq!(expanded["customer"]["email"], "eve@example.com");
    assert!(shop.event_types().await.contains(&"customer.created".to_owned()));
}

#[tokio::test]
async fn wrong_controls_are_refused() {
    let shop = Shop::open().await;
    let session = shop.session().await;
    for how in [json!({}), json!({ "card": "4242", "paymentMethod": "paypal" }), json!({ "cash": true })] {
        assert_eq!(shop.pay(&session, how.clone()).await.status, 400, "{how}");
    }
    assert_eq!(shop.pay("cs_test_none", json!({ "card": "4242424242424242" })).await.status, 404);
    let cards_only = shop.create(&[("payment_method_types[0]", "card")]).await.id();
    let refused = shop.pay(&cards_only, json!({ "paymentMethod": "paypal" })).await;
    assert_eq!((refused.status, refused.code()), (400, "payment_method_not_available"));
}

#[tokio::test]
async fn only_allowed_methods_can_pay() {
    let shop = Shop::open().await;
    let allowed = |methods: &[&str]| -> Vec<(String, String)> {
        let pair = |(index, method): (usize, &&str)| {
            (format!("allowed_payment_method_types[{index}]"), (*method).to_owned())
        };
        methods.iter().enumerate().map(pair).collect()
    };
    for (methods, refused, how, taken) in [
        (["card"].as_slice(), "paypal", json!({ "paymentMethod": "paypal" }), "4242424242424242"),
        (&["paypal", "klarna"], "card", json!({ "card": "4242424242424242" }), "paypal"),
    ] {
        let form = allowed(methods);
        let form: Vec<(&str, &str)> =
            form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let made = shop.create(&form).await;
        assert_eq!(made.json["payment_method_types"], json!(methods));
        let session = made.id();
        let answer = shop.pay(&session, how).await;
        assert_eq!((answer.status, answer.code()), (400, "payment_method_not_available"), "{refused}");
        let how =
            if taken == "paypal" { json!({ "paymentMethod": taken }) } else { json!({ "card": taken }) };
        assert_eq!(shop.pay(&session, how).await.json["outcome"], "paid");
    }
    // What is allowed need not exist for the currency.
    let yen = [
        ("line_items[0][price_data][currency]", "jpy"),
        ("allowed_payment_method_types[0]", "paypal"),
        ("allowed_payment_method_types[1]", "card"),
    ];
    assert_eq!(shop.create(&yen).await.json["payment_method_types"], json!(["card"]));
    let none = shop.create(&[yen[0], yen[1]]).await;
    assert_eq!((none.status, &none.json["error"]["param"]), (400, &json!("allowed_payment_method_types")));
}
