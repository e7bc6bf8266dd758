//! Forged requests are 403, each kind by name; bearer callers need no token.

use reqwest::RequestBuilder;
use serde_json::json;
use time::Duration;

use crate::app::{App, SERVICE_TOKEN, SHOP, answer, problem};
use crate::tokens::token;

/// Token and cookie, as one page gets them.
async fn session(app: &App) -> (String, String) {
    let client = reqwest::Client::builder().build().unwrap();
    let answer = client.get(format!("{}/api/csrf-token", app.url)).send().await.unwrap();
    let cookie = answer.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    let body: serde_json::Value = answer.json().await.unwrap();
    (body["csrfToken"].as_str().unwrap().to_owned(), cookie)
}

async fn refused(call: RequestBuilder) {
    let body = problem(call, 403).await;
    assert_eq!(body["code"], "csrf_failed");
    assert_eq!(body["category"], "permission");
}

#[tokio::test]
async fn a_guest_with_token_and_cookie_passes() {
    let app = App::start().await;
    let (token, cookie) = session(&app).await;
    let (status, body) =
        answer(app.post("/checked").header("cookie", &cookie).header("x-csrf-token", &token)).await;
    assert_eq!(status, 200, "{body}");
    assert_eq!(body["session"], cookie.strip_prefix("csrf=").unwrap());
    assert_eq!(body["scope"], format!("guest:{}", body["session"].as_str().unwrap()));
}

#[tokio::test]
async fn the_cookie_is_locked_to_its_host() {
    let app = App::start().await;
    let public = app.get("/api/csrf-token").header("host", "shop.example").send().await.unwrap();
    let cookie = public.headers()["set-cookie"].to_str().unwrap();
    assert!(cookie.starts_with("__Host-csrf="), "{cookie}");
    for part in ["HttpOnly", "SameSite=Lax", "Secure", "Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains("Domain"), "{cookie}");
    assert_eq!(public.headers()["cache-control"], "no-store");
    let loopback = app.get("/api/csrf-token").send().await.unwrap();
    let cookie = loopback.headers()["set-cookie"].to_str().unwrap();
    assert!(cookie.starts_with("csrf=") && !cookie.contains("Secure"), "{cookie}");
}

#[tokio::test]
async fn asking_again_keeps_the_session() {
    let app = App::start().await;
    let (_, cookie) = session(&app).await;
    let again = app.get("/api/csrf-token").header("cookie", &cookie).send().await.unwrap();
    assert!(again.headers()["set-cookie"].to_str().unwrap().starts_with(&cookie));
    let forged = app.get("/api/csrf-token").header("cookie", "csrf=chosen-by-somebody").send().await.unwrap();
    assert!(!forged.headers()["set-cookie"].to_str().unwrap().contains("chosen-by-somebody"));
}

#[tokio::test]
async fn the_token_of_another_session_is_refused() {
    let app = App::start().await;
    let (_, cookie) = session(&app).await;
    let (other, _) = session(&app).await;
    refused(app.post("/checked").header("cookie", cookie).header("x-csrf-token", other)).await;
}

#[tokio::test]
async fn an_expired_token_is_refused() {
    let app = App::start().await;
    let (token, cookie) = session(&app).await;
    app.clock.advance(Duration::hours(12) + Duration::seconds(1));
    refused(app.post("/checked").header("cookie", cookie).header("x-csrf-token", token)).await;
}

#[tokio::test]
async fn a_cookie_without_the_header_is_refused() {
    let app = App::start().await;
    let (_, cookie) = session(&app).await;
    refused(app.post("/checked").header("cookie", cookie)).await;
}

#[tokio::test]
async fn a_header_without_the_cookie_is_refused() {
    let app = App::start().await;
    let (token, _) = session(&app).await;
    refused(app.post("/checked").header("x-csrf-token", token)).await;
    refused(app.post("/checked")).await;
}

#[tokio::test]
async fn a_foreign_origin_is_refused() {
    let app = App::start().await;
    let (token, cookie) = session(&app).await;
    let port = app.url.rsplit_once(':').unwrap().1;
    let call = |origin: &str| {
        let call = app.post("/checked").header("cookie", &cookie).header("x-csrf-token", &token);
        call.header("origin", origin)
    };
    let foreign = [
        "https://evil.example",
        "null",
        "",
        "http://shop.example",
        "https://shop.example.evil.example",
        "https://shop.example:8443",
        "http://127.0.0.1",
        "http://localhost:1",
        "file://",
    ];
    for origin in foreign {
        refused(call(origin)).await;
    }
    for own in [SHOP, app.url.as_str(), &format!("https://127.0.0.1:{port}")] {
        assert_eq!(answer(call(own)).await.0, 200, "{own}");
    }
}

#[tokio::test]
async fn a_tampered_token_is_refused() {
    let app = App::start().await;
    let (token, cookie) = session(&app).await;
    let (expires, mac) = token.split_once('.').unwrap();
    let later = expires.parse::<i64>().unwrap() + 1;
    for tampered in [
        format!("{later}.{mac}"),
        format!("{expires}."),
        format!("{expires}.AAAA"),
        mac.to_owned(),
        String::from("x.y"),
        String::new(),
    ] {
        refused(app.post("/checked").header("cookie", &cookie).header("x-csrf-token", tampered)).await;
    }
}

#[tokio::test]
async fn a_cookie_authenticated_user_needs_the_token() {
    let app = App::start().await;
    let user = format!("session={}", token(json!({})));
    refused(app.post("/checked").header("cookie", &user)).await;
    refused(app.post("/checked-for-cookie").header("cookie", &user)).await;
    let (csrf, cookie) = session(&app).await;
    for path in ["/checked", "/checked-for-cookie"] {
        let call = app.post(path).header("cookie", format!("{user}; {cookie}")).header("x-csrf-token", &csrf);
        assert_eq!(answer(call).await.1["scope"], "user:u1");
    }
}

#[tokio::test]
async fn bearer_callers_need_no_token() {
    let app = App::start().await;
    let foreign = |who: &str| app.post("/checked").header("origin", "https://evil.example").bearer_auth(who);
    assert_eq!(answer(foreign(&token(json!({})))).await.1, json!({ "session": null, "scope": "user:u1" }));
    assert_eq!(answer(foreign(SERVICE_TOKEN)).await.1["scope"], "service");
    // A bearer header that is wrong is no way around it.
    assert_eq!(foreign("x").send().await.unwrap().status(), 401);
}

#[tokio::test]
async fn guests_may_go_without_where_only_cookies_are_checked() {
    let app = App::start().await;
    assert_eq!(answer(app.post("/checked-for-cookie")).await.1["scope"], json!(null));
    let (csrf, cookie) = session(&app).await;
    let known = app.post("/checked-for-cookie").header("cookie", &cookie).header("x-csrf-token", csrf);
    assert_eq!(answer(known).await.1["scope"], format!("guest:{}", &cookie["csrf=".len()..]));
}
