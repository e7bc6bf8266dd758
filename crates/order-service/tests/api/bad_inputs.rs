//! Every bad input of a checkout, by the pointer it is answered with.

use serde_json::{Value, json};

use crate::support::client::send;
use crate::support::{Client, World, cart};

/// A guest's cart with something changed in it.
fn with(pointer: &str, value: Value) -> Value {
    let mut body = cart(&[("tea", 1)]);
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let parent = body.pointer_mut(parent).unwrap();
    match parent {
        Value::Array(items) => items[name.parse::<usize>().unwrap()] = value,
        parent => parent[name] = value,
    }
    body
}

async fn pointers(guest: &Client, body: &Value) -> Vec<String> {
    guest.checkout(body).await.pointers()
}

#[tokio::test(flavor = "multi_thread")]
async fn prices_that_are_not_the_catalogues() {
    let world = World::start().await;
    world.product("yen", "Yen", 500.0, 5).await;
    let yen = json!({"name": "Yen", "price": 500, "currency": "JPY", "stock": 5});
    world.admin().put("/api/admin/products/yen", &yen).await.expect(200);
    let kwd = json!({"name": "Dinar", "price": 1.23, "currency": "kwd", "stock": 5});
    world.admin().put("/api/admin/products/kwd", &kwd).await.expect(200);
    let guest = world.guest().await;
    for (name, price) in [
        ("unlike", "29.98"),
        ("zero", "0"),
        ("negative", "-29.99"),
        ("too many digits", "1000000"),
        ("finer than the currency", "29.999"),
        ("overflow of i64", "92233720368547758.08"),
        ("overflow of everything", "1e400"),
        ("many digits", "29.990000000000000000000000000000000001"),
        ("text", "\"29.99\""),
        ("true", "true"),
    ] {
        let body = cart(&[("tea", 1)]).to_string();
        let body = body.replace("\"quantity\":1", &format!("\"quantity\":1,\"price\":{price}"));
        let request = guest.request(reqwest::Method::POST, "/api/orders/checkout");
        let answer = send(request.header("content-type", "application/json").body(body)).await;
        assert_eq!(answer.pointers(), ["/items/0/price"], "{name}");
        assert!(!answer.body.to_string().contains("29.9"), "a submitted value is never echoed");
    }
    for (product, currency, price) in [("yen", "jpy", "500.5"), ("kwd", "kwd", "1.234")] {
        let mut body = cart(&[(product, 1)]);
        body["currency"] = json!(currency);
        body["items"][0]["price"] = serde_json::from_str(price).unwrap();
        assert_eq!(pointers(&guest, &body).await, ["/items/0/price"], "{currency}");
    }
    let same = with("/items/0", json!({"productId": "tea", "quantity": 1, "price": 29.990}));
    guest.checkout(&same).await.expect(200);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn carts_that_cannot_be() {
    let world = World::start().await;
    world.product("pin", "Pin", 0.10, 500).await;
    world.product("car", "Car", 999_999.99, 500).await;
    let guest = world.guest().await;
    for (name, body, expected) in [
        ("empty", with("/items", json!([])), "/items"),
        ("absent", json!({"shippingAddress": {}}), "/items"),
        ("101 lines", with("/items", json!(vec![json!({"productId": "tea", "quantity": 1}); 101])), "/items"),
        ("quantity 0", with("/items/0/quantity", json!(0)), "/items/0/quantity"),
        ("quantity 1000", with("/items/0/quantity", json!(1000)), "/items/0/quantity"),
        ("quantity -1", with("/items/0/quantity", json!(-1)), "/items/0/quantity"),
        ("quantity 1.5", with("/items/0/quantity", json!(1.5)), "/items/0/quantity"),
        ("quantity 1e30", with("/items/0/quantity", json!(1e30)), "/items/0/quantity"),
        ("quantity as text", with("/items/0/quantity", json!("1")), "/items/0/quantity"),
        ("unknown product", with("/items/0/productId", json!("nix")), "/items/0/productId"),
        ("a product with NUL", with("/items/0/productId", json!("te\u{0}a")), "/items/0/productId"),
        ("unknown currency", with("/currency", json!("gold")), "/currency"),
        ("another currency", with("/currency", json!("EUR")), "/items/0/productId"),
        ("below the minimum", cart(&[("pin", 1)]), "/items"),
        ("too large a sum", cart(&[("car", 2)]), "/items"),
        ("a method that is none", with("/paymentMethod", json!("card; drop")), "/paymentMethod"),
        ("a method that is not offered", with("/paymentMethod", json!("paypal")), "/paymentMethod"),
    ] {
        let found = pointers(&guest, &body).await;
        assert_eq!(found.first().map(String::as_str), Some(expected), "{name}: {found:?}");
    }
    let merged = cart(&[("tea", 6), ("tea", 5)]);
    assert_eq!(guest.checkout(&merged).await.problem(409), "out_of_stock");
    assert_eq!(world.database.number("SELECT count(*) FROM orders").await, 0);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn guests_and_addresses_that_cannot_be() {
    let world = World::start().await;
    let guest = world.guest().await;
    for (name, pointer, value) in [
        ("no mail", "/guest/email", Value::Null),
        ("no mail address", "/guest/email", json!("ada")),
        ("a long mail address", "/guest/email", json!(format!("{}@example.com", "a".repeat(250)))),
        ("CR/LF in a mail address", "/guest/email", json!("ada@example.com\r\nBcc: x@example.com")),
        ("CR/LF in a name", "/guest/firstName", json!("Ada\r\nX")),
        ("NUL in a name", "/shippingAddress/firstName", json!("A\u{0}da")),
        ("no last name", "/shippingAddress/lastName", Value::Null),
        ("white space for a street", "/shippingAddress/line1", json!("   ")),
        ("a line break in the street", "/shippingAddress/line1", json!("a\nb")),
        ("a long city", "/shippingAddress/city", json!("x".repeat(251))),
        ("an escape in the postal code", "/shippingAddress/postalCode", json!("\u{1b}[2J")),
        ("no country", "/shippingAddress/country", json!("Atlantis")),
        ("a country that is none", "/shippingAddress/country", json!("XX")),
        ("a tab in the phone", "/shippingAddress/phone", json!("1\t2")),
    ] {
        assert_eq!(pointers(&guest, &with(pointer, value)).await, [pointer], "{name}");
    }
    let trimmed = with("/shippingAddress/country", json!(" gb "));
    let order = guest.checkout(&trimmed).await.expect(200)["order"].clone();
    assert_eq!(order["shippingAddress"]["country"], "GB");
    assert_eq!(order["shippingAddress"]["line2"], Value::Null);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn urls_that_are_not_ours() {
    let world = World::start().await;
    let guest = world.guest().await;
    for url in [
        "https://evil.example/ok",
        "https://shop.example.evil.example/",
        "http://shop.example/ok",
        "//evil.example",
        "\\\\evil.example",
        "/ok",
        "javascript:alert(1)",
        "https://shop@evil.example/",
        "https://shop.example@evil.example/",
        "https://user:pw@shop.example/",
        "https://shop.example:8443/",
        "http://127.0.0.1/ok",
        "",
    ] {
        for field in ["/successUrl", "/cancelUrl"] {
            assert_eq!(pointers(&guest, &with(field, json!(url))).await, [field], "{url}");
        }
    }
    let mut body = with("/successUrl", json!("https://shop.example/ok?session_id={CHECKOUT_SESSION_ID}#top"));
    body["cancelUrl"] = json!("https://shop.example/cart?a=1");
    let id = guest.checkout(&body).await.expect(200)["orderId"].clone();
    let asked = world.payments.last_ensure();
    assert_eq!(asked.success_url, "https://shop.example/ok?session_id={CHECKOUT_SESSION_ID}#top");
    assert_eq!(asked.cancel_url, format!("https://shop.example/cart?a=1&order_id={}", id.as_str().unwrap()));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_cannot_be_read() {
    let world = World::start().await;
    let guest = world.guest().await;
    let raw = async |kind: &str, body: String| {
        let request = guest.request(reqwest::Method::POST, "/api/orders/checkout");
        send(request.header("content-type", kind).body(body)).await
    };
    let kind = "application/json";
    assert_eq!(raw(kind, "{".to_owned()).await.problem(400), "malformed_json");
    assert_eq!(
        raw("text/plain", cart(&[("tea", 1)]).to_string()).await.problem(415),
        "unsupported_media_type"
    );
    let deep = format!("{}{}", "[".repeat(65), "]".repeat(65));
    assert_eq!(raw(kind, deep).await.problem(400), "json_too_deep");
    let large = format!("{{\"x\":\"{}\"}}", "x".repeat(256 * 1024));
    assert_eq!(raw(kind, large).await.problem(413), "body_too_large");
    assert_eq!(raw(kind, "[1]".to_owned()).await.problem(422), "validation_failed");
    let wrong_method = guest.put("/api/orders/checkout", &json!({})).await;
    assert_eq!(wrong_method.problem(405), "method_not_allowed");
    assert_eq!(guest.get("/api/nothing").await.problem(404), "not_found");
    world.end().await;
}
