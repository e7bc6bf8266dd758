//! Keys, parameters, errors, headers: what every call has in common.

use serde_json::json;

use crate::support::{KEY, Shop, session_form};

#[tokio::test]
async fn only_the_key_opens() {
    let shop = Shop::open().await;
    let url = format!("{}/v1/checkout/sessions", shop.url);
    let none = shop.send(shop.http.get(&url)).await;
    let wrong = shop.send(shop.http.get(&url).bearer_auth("sk_test_something_else_9876")).await;
    let basic = shop.send(shop.http.get(&url).basic_auth(KEY, Some(""))).await;
    let bearer = shop.send(shop.http.get(&url).bearer_auth(KEY)).await;
    assert_eq!([none.status, wrong.status, basic.status, bearer.status], [401, 401, 200, 200]);
    assert_eq!(none.code(), "invalid_request_error");
    let message = wrong.json["error"]["message"].as_str().unwrap();
    assert!(message.ends_with("9876") && !message.contains("something"), "{message}");
}

#[tokio::test]
async fn answers_carry_stripes_headers_and_say_what_they_are() {
    let shop = Shop::open().await;
    let request = shop.request(reqwest::Method::GET, "/v1/events?").header("stripe-version", "2024-06-20");
    let answer = shop.send(request).await;
    assert_eq!(answer.status, 200);
    assert!(answer.header("request-id").unwrap().starts_with("req_"));
    assert_eq!(answer.header("stripe-version"), Some("2024-06-20"));
    assert_eq!(answer.header("sandbox"), Some("tender"));
    let odd = shop.request(reqwest::Method::GET, "/v1/events").header("stripe-version", "latest");
    assert_eq!(shop.send(odd).await.status, 400);
}

#[tokio::test]
async fn unknown_routes_are_told_so() {
    let shop = Shop::open().await;
    let answer = shop.get("/v1/subscriptions").await;
    assert_eq!(answer.status, 404);
    let message = answer.json["error"]["message"].as_str().unwrap();
    assert!(message.contains("Unrecognized request URL (GET: /v1/subscriptions)"), "{message}");
    assert_eq!(shop.get("/elsewhere").await.status, 404);
}

#[tokio::test]
async fn keys_may_be_encoded_or_not_and_spaces_may_be_plus() {
    let shop = Shop::open().await;
    let body = "mode=payment&success_url=https://a.example/ok?id={CHECKOUT_SESSION_ID}&customer_email=a@b.example\
                &line_items[0][price_data][currency]=usd&line_items%5B0%5D%5Bprice_data%5D%5Bunit_amount%5D=500\
                &line_items[0][price_data][product_data][name]=Two+words&line_items[0][quantity]=1\
                &expand[]=line_items";
    let request = shop.request(reqwest::Method::POST, "/v1/checkout/sessions");
    let request = request.header("content-type", "application/x-www-form-urlencoded").body(body);
    let session = shop.send(request).await;
    assert_eq!(session.status, 200, "{}", session.json);
    assert_eq!(session.json["line_items"]["data"][0]["description"], "Two words");
    assert_eq!(session.json["success_url"], "https://a.example/ok?id={CHECKOUT_SESSION_ID}");
}

#[tokio::test]
async fn json_bodies_are_refused() {
    let shop = Shop::open().await;
    let request = shop.request(reqwest::Method::POST, "/v1/refunds").json(&json!({ "charge": "ch_1" }));
    assert_eq!(shop.send(request).await.status, 400);
}

/// What is wrong with a Session's parameters, and how Stripe says so.
#[tokio::test]
async fn wrong_sessions_are_refused_with_the_parameter_named() {
    let shop = Shop::open().await;
    let now = shop.now();
    let (early, late) = ((now + 1_700).to_string(), (now + 86_500).to_string());
    let currency = "line_items[0][price_data][currency]";
    let amount = "line_items[0][price_data][unit_amount]";
    let quantity = "line_items[0][quantity]";
    let long = "x".repeat(41);
    let long_key = format!("metadata[{long}]");
    for (more, code, param) in [
        (vec![("mode", "")], "parameter_missing", "mode"),
        (vec![("success_url", "")], "parameter_missing", "success_url"),
        (vec![("surprise", "1")], "parameter_unknown", "surprise"),
        (vec![("line_items[0][colour]", "red")], "parameter_unknown", "line_items[0][colour]"),
        (vec![(amount, "29.99")], "parameter_invalid_integer", amount),
        (vec![(amount, "-1")], "parameter_invalid_integer", amount),
        (vec![(amount, "49")], "amount_too_small", "line_items"),
        (vec![(amount, "100000000")], "amount_too_large", "line_items"),
        (vec![(amount, "9223372036854775807"), (quantity, "2")], "amount_too_large", amount),
        (vec![(currency, "jpy"), (amount, "49")], "amount_too_small", "line_items"),
        (vec![(currency, "kwd"), (amount, "12345")], "parameter_invalid_integer", amount),
        (vec![(currency, "isk"), (amount, "10050")], "parameter_invalid_integer", amount),
        (vec![(currency, "zzz")], "invalid_request_error", currency),
        (vec![(quantity, "0")], "parameter_invalid_integer", quantity),
        (vec![(quantity, "")], "parameter_missing", quantity),
        (vec![("success_url", "shop.example/ok")], "url_invalid", "success_url"),
        (vec![("success_url", "javascript://alert(1)")], "url_invalid", "success_url"),
        (vec![("expires_at", &early)], "invalid_request_error", "expires_at"),
        (vec![("expires_at", &late)], "invalid_request_error", "expires_at"),
        (vec![("customer_email", "nobody")], "email_invalid", "customer_email"),
        (vec![("customer", "cus_nobody")], "resource_missing", "customer"),
        (vec![("payment_method_types[0]", "gold")], "invalid_request_error", "payment_method_types[0]"),
        (vec![("line_items[0][price]", "price_1")], "resource_missing", "line_items[0][price]"),
        (vec![(&long_key, "v")], "invalid_request_error", &long_key),
        (vec![("expand[0]", "surprise")], "invalid_request_error", "expand[0]"),
        (vec![("discounts[0][coupon]", "c")], "invalid_request_error", "discounts"),
        (vec![("locale", "x"), ("submit_type", "give")], "invalid_request_error", "submit_type"),
    ] {
        let answer = shop.create(&more).await;
        assert_eq!(answer.status, 400, "{more:?}");
        assert_eq!((answer.code(), answer.json["error"]["param"].as_str()), (code, Some(param)), "{more:?}");
    }
    assert!(shop.get("/v1/checkout/sessions").await.json["data"].as_array().unwrap().is_empty());
}

#[tokio::test]
async fn currencies_count_as_stripe_counts() {
    let shop = Shop::open().await;
    for (currency, amount) in
        [("jpy", "500"), ("kwd", "12340"), ("isk", "10000"), ("JPY", "50"), ("gbp", "30")]
    {
        let more = [
            ("line_items[0][price_data][currency]", currency),
            ("line_items[0][price_data][unit_amount]", amount),
        ];
        let answer = shop.create(&more).await;
        assert_eq!(answer.status, 200, "{currency} {}", answer.json);
        assert_eq!(answer.json["amount_total"].to_string(), amount);
        assert_eq!(answer.json["currency"], currency.to_ascii_lowercase());
    }
}

#[tokio::test]
async fn what_was_asked_can_be_counted() {
    let shop = Shop::open().await;
    let session = shop.session().await;
    for _ in 0..3 {
        shop.get(&format!("/v1/checkout/sessions/{session}")).await;
    }
    shop.post_once("a-key", "/v1/checkout/sessions", &session_form(&[])).await;
    let calls =
        shop.control(reqwest::Method::GET, "calls?method=get&path=/v1/checkout/sessions/*", json!({})).await;
    assert_eq!(calls.json["count"], 3);
    assert_eq!(calls.json["counts"]["GET /v1/checkout/sessions/{id}"], 3);
    let calls = shop.control(reqwest::Method::GET, "calls?idempotency_key=a-key", json!({})).await;
    assert_eq!(calls.json["calls"][0]["path"], "/v1/checkout/sessions");
    assert_eq!(shop.control(reqwest::Method::DELETE, "calls", json!({})).await.status, 204);
    assert_eq!(shop.control(reqwest::Method::GET, "calls", json!({})).await.json["count"], 0);
}
