//! Every checkout that is not to be taken, by name: 422 with a pointer per field, and nothing is stored.

use serde_json::{Value, json};

use crate::world::{World, cart};

async fn nothing_happened(world: &World) {
    for table in ["purchases", "payments", "outbox"] {
        assert_eq!(world.database.number(&format!("SELECT count(*) FROM {table}")).await, 0, "{table}");
    }
    assert_eq!(world.calls("*", "*").await, 0);
}

async fn refused(world: &World, what: &str, body: &Value, pointers: &[&str]) {
    let answer = world.checkout(body).await;
    assert_eq!(answer.problem(), (422, "validation_failed"), "{what}: {:#}", answer.body);
    assert_eq!(answer.pointers(), pointers, "{what}: {:#}", answer.body);
}

fn with(change: impl FnOnce(&mut Value)) -> Value {
    let mut body = cart();
    change(&mut body);
    body
}

fn priced(price: &str, currency: &str) -> Value {
    let text = with(|body| {
        body["products"][0]["price"] = json!("PRICE");
        body["currency"] = json!(currency);
    });
    serde_json::from_str::<Value>(&text.to_string().replace("\"PRICE\"", price)).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn prices_that_cannot_be() {
    let world = World::new().await;
    let price = "/products/0/price";
    for (what, given, currency, pointer) in [
        ("zero", "0", "usd", price),
        ("negative", "-29.99", "usd", price),
        ("below the currency's minimum", "0.49", "usd", "/products"),
        ("too many digits", "1000000", "usd", price),
        ("fractions finer than the currency's", "29.999", "usd", price),
        ("overflow of i64", "92233720368547758.08", "usd", price),
        ("JPY with decimals", "1500.5", "jpy", price),
        ("KWD whose last digit is not 0", "1.234", "kwd", price),
        ("ISK with decimals", "150.50", "isk", price),
        ("no number", "\"29.99\"", "usd", price),
        ("no price", "null", "usd", price),
        ("unknown currency", "29.99", "zzz", "/currency"),
    ] {
        refused(&world, what, &priced(given, currency), &[pointer]).await;
    }
    let together = with(|body| {
        body["products"] = json!([{"name": "Gold", "price": 999_999.99, "quantity": 999}]);
    });
    refused(&world, "too many digits together", &together, &["/products"]).await;
    nothing_happened(&world).await;
    world.assert_settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn exact_digits_are_not_read_through_a_float() {
    let world = World::new().await;
    let body = r#"{"products":[{"name":"Cup","price":0.50000000000000000001,"quantity":1}],
        "successUrl":"https://shop.example/","cancelUrl":"https://shop.example/"}"#;
    let request = world.request(reqwest::Method::POST, "/api/payments/create-checkout-session");
    let answer = world.send(request.header("Content-Type", "application/json").body(body)).await;
    assert_eq!(answer.pointers(), ["/products/0/price"]);
    nothing_happened(&world).await;
    world.assert_settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn carts_that_cannot_be() {
    let world = World::new().await;
    let line = |field: &str, value: Value| with(|body| body["products"][0][field] = value);
    for (what, body, pointers) in [
        ("quantity 0", line("quantity", json!(0)), vec!["/products/0/quantity"]),
        ("negative quantity", line("quantity", json!(-1)), vec!["/products/0/quantity"]),
        ("absurd quantity", line("quantity", json!(1000)), vec!["/products/0/quantity"]),
        ("quantity beyond 64 bits", line("quantity", json!(1e30)), vec!["/products/0/quantity"]),
        ("half a piece", line("quantity", json!(0.5)), vec!["/products/0/quantity"]),
        ("empty cart", with(|body| body["products"] = json!([])), vec!["/products"]),
        (
            "no cart",
            with(|body| {
                body.as_object_mut().unwrap().remove("products");
            }),
            vec!["/products"],
        ),
        ("NUL in a name", line("name", json!("Cup\u{0}")), vec!["/products/0/name"]),
        ("CR/LF in a name", line("name", json!("Cup\r\nBcc: x@example.com")), vec!["/products/0/name"]),
        ("empty name", line("name", json!("  ")), vec!["/products/0/name"]),
        ("endless name", line("name", json!("x".repeat(251))), vec!["/products/0/name"]),
        ("product id with a space", line("productId", json!("a b")), vec!["/products/0/productId"]),
        ("NUL in an image", line("image", json!("https://x/\u{0}")), vec!["/products/0/image"]),
    ] {
        refused(&world, what, &body, &pointers).await;
    }
    let many = with(|body| {
        let line = body["products"][0].clone();
        body["products"] = json!(vec![line; 101]);
    });
    refused(&world, "more than 100 lines", &many, &["/products"]).await;
    nothing_happened(&world).await;
    world.assert_settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn other_fields_that_cannot_be() {
    let world = World::new().await;
    let field = |field: &str, value: Value| with(|body| body[field] = value);
    for (what, body, pointer) in [
        ("no mail address", field("customerEmail", json!("jane")), "/customerEmail"),
        (
            "CR/LF in the mail address",
            field("customerEmail", json!("jane@example.com\r\nx")),
            "/customerEmail",
        ),
        ("a list as metadata", field("metadata", json!({"a": [1]})), "/metadata/a"),
        (
            "our own metadata",
            field("metadata", json!({"tender_payment_id": "x"})),
            "/metadata/tender_payment_id",
        ),
        ("NUL in metadata", field("metadata", json!({"a/b": "\u{0}"})), "/metadata/a~1b"),
        ("endless metadata", field("metadata", json!({"a": "x".repeat(501)})), "/metadata/a"),
        (
            "unknown way to pay",
            field("paymentMethodTypes", json!(["card", "beads"])),
            "/paymentMethodTypes/1",
        ),
    ] {
        refused(&world, what, &body, &[pointer]).await;
    }
    let all = with(|body| {
        body["products"][0]["quantity"] = json!(0);
        body["customerEmail"] = json!("jane");
        body["successUrl"] = json!("/paid");
    });
    refused(&world, "all mistakes at once", &all, &["/products/0/quantity", "/successUrl", "/customerEmail"])
        .await;
    nothing_happened(&world).await;
    world.assert_settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn urls_that_nobody_is_sent_to() {
    let world = World::new().await;
    for (what, url) in [
        ("foreign origin", "https://evil.example/paid"),
        ("origin that begins like ours", "https://shop.example.evil.example/"),
        ("another port", "https://shop.example:8443/"),
        ("//evil", "//evil.example/"),
        ("\\evil", "\\\\evil.example/"),
        ("javascript:", "javascript:alert(1)"),
        ("https://shop@evil", "https://shop.example@evil.example/"),
        ("plain http outside loopback", "http://shop.example/paid"),
        ("relative", "/paid"),
        ("empty", ""),
    ] {
        for field in ["successUrl", "cancelUrl"] {
            refused(&world, what, &with(|body| body[field] = json!(url)), &[&format!("/{field}")]).await;
        }
    }
    let absent = with(|body| {
        body.as_object_mut().unwrap().remove("successUrl");
    });
    refused(&world, "no URL and no default", &absent, &["/successUrl"]).await;
    nothing_happened(&world).await;
    world.assert_settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_are_no_checkout() {
    let world = World::new().await;
    let send = async |kind: &str, body: String| {
        let request = world.request(reqwest::Method::POST, "/api/payments/create-checkout-session");
        let answer = world.send(request.header("Content-Type", kind).body(body)).await;
        (answer.status, answer.body["code"].as_str().unwrap_or_default().to_owned())
    };
    let json = "application/json";
    for (what, kind, body, status, code) in [
        ("text/plain", "text/plain", cart().to_string(), 415, "unsupported_media_type"),
        ("malformed JSON", json, "{".to_owned(), 400, "malformed_json"),
        ("too deep", json, "[".repeat(100) + &"]".repeat(100), 400, "json_too_deep"),
        ("too large", json, format!("{{\"a\":\"{}\"}}", "x".repeat(256 * 1024)), 413, "body_too_large"),
    ] {
        assert_eq!(send(kind, body).await, (status, code.to_owned()), "{what}");
    }
    nothing_happened(&world).await;
    world.assert_settled().await;
}
