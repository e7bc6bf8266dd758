//! Who may see and change what: owners, order tokens, administrators; CSRF.

use kernel::{OrderId, SystemClock};
use serde_json::{Value, json};

use crate::support::client::send;
use crate::support::{Client, World, cart, jwt, order_id};

/// A problem without what differs by request.
fn anonymous(mut body: Value) -> Value {
    body.as_object_mut().unwrap().remove("requestId");
    body
}

#[tokio::test(flavor = "multi_thread")]
async fn anothers_order_is_404_identical_to_an_absent_one() {
    let world = World::start().await;
    let ann = world.user("ann");
    let body = ann.checkout(&cart(&[("tea", 1)])).await.expect(200);
    let id = order_id(&body);
    assert_eq!(body.get("orderToken"), None, "a user's order has no token");
    assert_eq!(body["order"]["user"], "ann");
    assert_eq!(body["order"]["email"], "ann@example.com");
    let path = format!("/api/orders/{id}");
    assert_eq!(ann.get(&path).await.expect(200)["id"], id.to_string());
    world.admin().get(&path).await.expect(200);

    let absent = format!("/api/orders/{}", OrderId::generate(&SystemClock));
    let expected = anonymous(ann.get(&absent).await.body);
    for stranger in [world.user("bob"), world.guest().await] {
        let theirs = stranger.get(&path).await;
        assert_eq!(theirs.problem(404), "not_found");
        assert_eq!(anonymous(theirs.body), expected);
        assert_eq!(anonymous(stranger.get(&absent).await.body), expected);
        for action in ["cancel", "retry-session"] {
            let theirs = stranger.post_empty(&format!("{path}/{action}")).await;
            assert_eq!(theirs.problem(404), "not_found");
            assert_eq!(anonymous(theirs.body), expected);
        }
    }
    assert_eq!(ann.get("/api/orders/42").await.problem(404), "not_found");
    assert_eq!(world.order(id).await["status"], "pending");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_token_opens_its_order_only() {
    let mut world = World::start().await;
    let guest = world.guest().await;
    let body = guest.checkout(&cart(&[("tea", 1)])).await.expect(200);
    let other = guest.checkout(&cart(&[("cup", 1)])).await.expect(200);
    let token = body["orderToken"].as_str().unwrap().to_owned();
    let path = format!("/api/orders/{}", order_id(&body));
    guest.with_order_token(&token).get(&path).await.expect(200);

    let absent = guest.get(&format!("/api/orders/{}", OrderId::generate(&SystemClock))).await;
    let expected = anonymous(absent.body);
    let mut tampered = token.clone();
    let middle = if &token[30..31] == "A" { "B" } else { "A" };
    tampered.replace_range(30..31, middle);
    let of_other = other["orderToken"].as_str().unwrap();
    for wrong in [tampered.as_str(), of_other, "", "x", "%%%", &"x".repeat(600)] {
        let answer = guest.with_order_token(wrong).get(&path).await;
        assert_eq!(answer.problem(404), "not_found");
        assert_eq!(anonymous(answer.body), expected);
    }

    // The key that signed is now the previous one, and then retired.
    let old = "an order token key for tests of 32 bytes";
    let new = "another order token key, of 32 bytes too".replace(',', ";");
    world.restart_with(&[("ORDER_TOKEN_KEYS", &format!("{new},{old}"))]).await;
    let holder = Client::stranger(&world.base).with_order_token(&token);
    holder.get(&path).await.expect(200);
    world.restart_with(&[("ORDER_TOKEN_KEYS", &new)]).await;
    let holder = Client::stranger(&world.base).with_order_token(&token);
    let retired = holder.get(&path).await;
    assert_eq!(anonymous(retired.body), expected);
    world.restart_with(&[("ORDER_TOKEN_KEYS", old)]).await;
    let holder = Client::stranger(&world.base).with_order_token(&token);
    holder.get(&path).await.expect(200);
    world.clock.advance(time::Duration::days(31));
    let expired = holder.get(&path).await;
    assert_eq!(anonymous(expired.body), expected);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_of_users_are_checked() {
    let world = World::start().await;
    let path = format!("/api/orders/{}", OrderId::generate(&SystemClock));
    let none = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.eyJzdWIiOiJhbm4iLCJleHAiOjQxMDI0NDQ4MDB9.";
    let expired = jwt::sign(&json!({"sub": "ann", "exp": 1_000_000_000}));
    let endless = jwt::sign(&json!({"sub": "ann"}));
    for (name, token) in [("none", none), ("expired", &expired), ("no exp", &endless), ("garbage", "x.y.z")] {
        let answer = Client::bearer(&world.base, token).get(&path).await;
        assert_eq!(answer.problem(401), "unauthorized", "{name}");
    }
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changes_something_needs_the_csrf_token_unless_a_bearer_header_is_shown() {
    let world = World::start().await;
    let guest = world.guest().await;
    let body = cart(&[("tea", 1)]);
    let id = OrderId::generate(&SystemClock);
    let calls = [
        "/api/orders/checkout".to_owned(),
        "/api/orders/verify".to_owned(),
        format!("/api/orders/{id}/cancel"),
        format!("/api/orders/{id}/retry-session"),
    ];
    for path in &calls {
        let cookie_only = guest.without_csrf().post(path, &body).await;
        assert_eq!(cookie_only.problem(403), "csrf_failed", "cookie without header: {path}");
    }
    let token = guest.get("/api/csrf-token").await.expect(200)["csrfToken"].as_str().unwrap().to_owned();
    let post = |client: &Client| client.request(reqwest::Method::POST, "/api/orders/checkout").json(&body);
    let stranger = Client::stranger(&world.base);
    let header_only = send(post(&stranger).header("X-CSRF-Token", &token)).await;
    assert_eq!(header_only.problem(403), "csrf_failed", "header without cookie");
    let other = world.guest().await.without_csrf();
    let others = send(post(&other).header("X-CSRF-Token", &token)).await;
    assert_eq!(others.problem(403), "csrf_failed", "token of another session");
    let foreign = send(post(&guest).header("Origin", "https://evil.example")).await;
    assert_eq!(foreign.problem(403), "csrf_failed", "foreign Origin");
    assert_eq!(world.database.number("SELECT count(*) FROM orders").await, 0);

    send(post(&guest).header("Origin", "https://shop.example")).await.expect(200);
    world.user("ann").checkout(&body).await.expect(200);
    let by_cookie = send(post(&stranger).header("Cookie", format!("session={}", jwt::user("bob")))).await;
    assert_eq!(by_cookie.problem(403), "csrf_failed", "a session cookie alone");
    world.clock.advance(time::Duration::hours(13));
    assert_eq!(guest.checkout(&body).await.problem(403), "csrf_failed", "expired");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn admin_routes_are_for_administrators() {
    let world = World::start().await;
    let body = json!({"name": "X", "price": 1, "stock": 1});
    let path = "/api/admin/products/x";
    assert_eq!(world.guest().await.put(path, &body).await.problem(401), "unauthorized");
    assert_eq!(world.user("ann").put(path, &body).await.problem(403), "forbidden");
    assert_eq!(world.user("ann").delete("/api/admin/products/tea").await.problem(403), "forbidden");
    world.end().await;
}
