//! Who calls `create-checkout-session`: users by bearer or cookie, guests, and those who only say so.

use kernel::Clock;
use reqwest::Method;
use serde_json::{Value, json};

use crate::world::{Answer, JWT_SECRET, World, cart_without_mail, csrf_token, token, unsigned};

const PATH: &str = "/api/payments/create-checkout-session";

async fn world() -> World {
    World::configured(&[("JWT_AUDIENCE", "shop"), ("JWT_ISSUER", "https://id.example")]).await
}

fn claims(world: &World) -> Value {
    let now = world.clock.now().unix_timestamp();
    json!({
        "sub": "user-7", "aud": "shop", "iss": "https://id.example", "exp": now + 600,
        "email": "ann@example.com", "email_verified": true,
    })
}

async fn bearer(world: &World, token: &str) -> Answer {
    world.send(world.request(Method::POST, PATH).bearer_auth(token).json(&cart_without_mail())).await
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_that_are_refused() {
    let world = world().await;
    let good = claims(&world);
    let with = |name: &str, value: Value| {
        let mut claims = good.clone();
        claims[name] = value;
        token(JWT_SECRET, &claims)
    };
    let past = world.clock.now().unix_timestamp() - 120;
    for (what, token) in [
        ("no token at all", "not-a-token".to_owned()),
        ("another key", token("another-secret-which-is-long-enough-too-yes", &good)),
        ("none", unsigned(&good)),
        ("expired", with("exp", json!(past))),
        ("no exp", with("exp", Value::Null)),
        ("wrong aud", with("aud", json!("another-shop"))),
        ("absent aud", with("aud", Value::Null)),
        ("wrong iss", with("iss", json!("https://evil.example"))),
    ] {
        assert_eq!(bearer(&world, &token).await.problem(), (401, "unauthorized"), "{what}");
        let cookie = world.request(Method::POST, PATH).header("Cookie", format!("session={token}"));
        let answer = world.send(cookie.json(&cart_without_mail())).await;
        assert_eq!(answer.problem(), (401, "unauthorized"), "{what}, as a cookie");
    }
    assert_eq!(world.calls("POST", "/v1/checkout/sessions").await, 0);
    world.assert_settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_users_id_and_mail_are_on_the_events() {
    let world = world().await;
    bearer(&world, &token(JWT_SECRET, &claims(&world))).await.ok();
    let event = world.published().await.remove(0).1;
    assert_eq!(
        (&event["data"]["userId"], &event["data"]["email"]),
        (&json!("user-7"), &json!("ann@example.com"))
    );
    assert_eq!(world.sessions().await[0]["customer_email"], "ann@example.com");
    world.assert_settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_nobody_vouches_for_is_as_if_there_were_none() {
    let world = world().await;
    let unverified = json!({"email": "ann@example.com", "email_verified": false});
    let malformed = json!({"email": "ann at example", "email_verified": true});
    for (count, mail) in [(1, unverified), (2, malformed)] {
        let mut claims = claims(&world);
        claims.as_object_mut().unwrap().extend(mail.as_object().unwrap().clone());
        bearer(&world, &token(JWT_SECRET, &claims)).await.ok();
        let published = world.published().await;
        assert_eq!((published.len(), published[count - 1].1["data"].get("email")), (count, None));
        assert_eq!(world.sessions().await[0]["customer_email"], Value::Null);
    }
    world.assert_settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_cookie_needs_the_csrf_token() {
    let world = world().await;
    let session = token(JWT_SECRET, &claims(&world));
    let request = |cookies: &str| {
        world.request(Method::POST, PATH).header("Cookie", cookies).json(&cart_without_mail())
    };
    let cookie = format!("session={session}");
    assert_eq!(world.send(request(&cookie)).await.problem(), (403, "csrf_failed"));

    let (own, other) = ("A".repeat(43), format!("B{}", "A".repeat(42)));
    let expires = world.clock.now().unix_timestamp() + 600;
    let cookies = format!("{cookie}; csrf={own}");
    assert_eq!(world.send(request(&cookies)).await.problem(), (403, "csrf_failed"), "no header");
    let foreign = request(&cookies).header("X-CSRF-Token", csrf_token(&other, expires));
    assert_eq!(world.send(foreign).await.problem(), (403, "csrf_failed"), "another session's");
    let bare = request(&cookie).header("X-CSRF-Token", csrf_token(&own, expires));
    assert_eq!(world.send(bare).await.problem(), (403, "csrf_failed"), "no cookie");
    assert_eq!(world.sessions().await.len(), 0);

    let made = world.send(request(&cookies).header("X-CSRF-Token", csrf_token(&own, expires))).await.ok();
    let purchase = world.purchase(made["orderId"].as_str().unwrap()).await;
    assert_eq!(purchase["payments"][0]["snapshot"]["userId"], "user-7");
    world.assert_settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn guests_without_mail_never_share_a_key() {
    let world = World::new().await;
    let keyed = async || {
        let request = world.request(Method::POST, PATH).header("Idempotency-Key", "1");
        world.send(request.json(&cart_without_mail())).await.ok()
    };
    let (one, two) = (keyed().await, keyed().await);
    assert_ne!(one["orderId"], two["orderId"]);
    assert_ne!(one["url"], two["url"]);
    assert_eq!(world.database.number("SELECT count(*) FROM idempotency_keys").await, 0);
    world.assert_settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_without_mail_has_a_key_by_the_csrf_session() {
    let world = World::new().await;
    let keyed = async |session: &str| {
        let token = csrf_token(session, world.clock.now().unix_timestamp() + 600);
        let request = world.request(Method::POST, PATH).header("Idempotency-Key", "1");
        let request = request.header("Cookie", format!("csrf={session}")).header("X-CSRF-Token", token);
        world.send(request.json(&cart_without_mail())).await.ok()
    };
    let (mine, theirs) = ("A".repeat(43), format!("B{}", "A".repeat(42)));
    let first = keyed(&mine).await;
    assert_eq!(keyed(&mine).await, first);
    assert_ne!(keyed(&theirs).await["orderId"], first["orderId"]);
    world.assert_settled().await;
}
