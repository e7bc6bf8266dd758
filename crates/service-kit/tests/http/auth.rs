//! Callers by bearer, by cookie and by nothing; every bad token of the contract is 401, never a guest.

use serde_json::json;
use time::Duration;

use crate::app::{App, JWT_SECRET, SERVICE_TOKEN, answer, problem};
use crate::tokens::{claims, header, hmac_signed, seconds, token, unsigned};

async fn refused(app: &App, token: &str) {
    // The route takes guests: a bad token must not turn into one.
    let body = problem(app.get("/whoami").bearer_auth(token), 401).await;
    assert_eq!(body["code"], "unauthorized");
    assert_eq!(body["category"], "authentication");
    let cookie = app.get("/whoami").header("cookie", format!("session={token}"));
    problem(cookie, 401).await;
}

async fn accepted(app: &App, token: &str) -> serde_json::Value {
    let (status, body) = answer(app.get("/whoami").bearer_auth(token)).await;
    assert_eq!(status, 200, "{body}");
    body
}

#[tokio::test]
async fn callers_are_told_apart() {
    let app = App::start().await;
    assert_eq!(answer(app.get("/whoami")).await.1["id"], "guest");
    assert_eq!(accepted(&app, SERVICE_TOKEN).await["id"], "service");
    let user = token(json!({ "email": "u@example.com", "email_verified": true, "roles": ["editor"] }));
    let expected = json!({ "id": "u1", "email": "u@example.com", "emailVerified": true, "admin": false });
    assert_eq!(accepted(&app, &user).await, expected);
    for cookie in ["session", "__Host-session"] {
        let by_cookie = app.get("/whoami").header("cookie", format!("{cookie}={user}"));
        assert_eq!(answer(by_cookie).await.1, expected);
    }
    for scheme in ["bearer", "BEARER"] {
        let call = app.get("/whoami").header("authorization", format!("{scheme} {user}"));
        assert_eq!(answer(call).await.1, expected);
    }
}

#[tokio::test]
async fn the_plain_cookie_counts_on_loopback_only() {
    let app = App::start().await;
    let call = |cookie: &str| {
        let cookie = format!("{cookie}={}", token(json!({})));
        app.get("/whoami").header("host", "shop.example").header("cookie", cookie)
    };
    assert_eq!(answer(call("session")).await.1["id"], "guest");
    assert_eq!(answer(call("__Host-session")).await.1["id"], "u1");
    let behind_https = app.get("/whoami").header("x-forwarded-proto", "https");
    let behind_https = behind_https.header("cookie", format!("session={}", token(json!({}))));
    assert_eq!(answer(behind_https).await.1["id"], "guest");
}

#[tokio::test]
async fn admins_have_the_role_by_either_claim() {
    let app = App::start().await;
    for role in
        [json!({ "role": "admin" }), json!({ "roles": ["user", "admin"] }), json!({ "roles": "admin" })]
    {
        let call = app.get("/admin").bearer_auth(token(role));
        assert_eq!(call.send().await.unwrap().status(), 200);
    }
    for role in [
        json!({}),
        json!({ "role": "administrator" }),
        json!({ "roles": [["admin"]] }),
        json!({ "role": true }),
    ] {
        let body = problem(app.get("/admin").bearer_auth(token(role)), 403).await;
        assert_eq!(body["code"], "forbidden");
    }
}

#[tokio::test]
async fn routes_take_only_their_callers() {
    let app = App::start().await;
    let user = token(json!({}));
    for (path, who, status) in [
        ("/admin", None, 401),
        ("/admin", Some(SERVICE_TOKEN), 403),
        ("/admin", Some(user.as_str()), 403),
        ("/service", None, 401),
        ("/service", Some(user.as_str()), 403),
    ] {
        let call = app.get(path);
        let call = who.map_or_else(|| app.get(path), |who| call.bearer_auth(who));
        let answer = call.send().await.unwrap();
        assert_eq!(answer.status(), status, "{path} {who:?}");
        assert_eq!(answer.headers().contains_key("www-authenticate"), status == 401);
    }
    assert_eq!(app.get("/service").bearer_auth(SERVICE_TOKEN).send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn another_claim_may_name_the_user() {
    let app = App::with(&[("JWT_USER_CLAIM", "uid")]).await;
    assert_eq!(accepted(&app, &token(json!({ "uid": 42 }))).await["id"], "42");
    refused(&app, &token(json!({}))).await;
}

#[tokio::test]
async fn a_token_that_names_nobody_is_refused() {
    let app = App::start().await;
    for id in [
        json!(null),
        json!(""),
        json!(" "),
        json!("guest"),
        json!("service"),
        json!(["u1"]),
        json!("a\nb"),
        json!("x".repeat(251)),
    ] {
        refused(&app, &token(json!({ "sub": id }))).await;
    }
}

#[tokio::test]
async fn alg_none_is_refused() {
    let app = App::start().await;
    for none in ["none", "None", "NONE", "nOnE"] {
        refused(&app, &unsigned(&header(json!({ "alg": none })), &claims(json!({})))).await;
    }
    refused(&app, &unsigned(&header(json!({})), &claims(json!({})))).await;
}

#[tokio::test]
async fn other_algorithms_than_the_key_s_are_refused() {
    let app = App::start().await;
    for other in ["HS384", "HS512", "RS256", "ES256", "EdDSA", "PS256", "HS1", ""] {
        refused(
            &app,
            &hmac_signed(&header(json!({ "alg": other })), &claims(json!({})), JWT_SECRET.as_bytes()),
        )
        .await;
    }
}

#[tokio::test]
async fn expired_is_refused_after_the_leeway() {
    let app = App::start().await;
    accepted(&app, &token(json!({ "exp": seconds(-50) }))).await;
    refused(&app, &token(json!({ "exp": seconds(-61) }))).await;
    let soon = token(json!({ "exp": seconds(100) }));
    accepted(&app, &soon).await;
    app.clock.advance(Duration::seconds(161));
    refused(&app, &soon).await;
}

#[tokio::test]
async fn no_exp_is_refused() {
    let app = App::start().await;
    for exp in [json!(null), json!("2999-01-01"), json!([]), json!(true)] {
        refused(&app, &token(json!({ "exp": exp }))).await;
    }
}

#[tokio::test]
async fn a_fractional_exp_is_understood() {
    let app = App::start().await;
    accepted(&app, &token(json!({ "exp": 32_503_680_000.5 }))).await;
    refused(&app, &token(json!({ "exp": 1_000_000_000.5 }))).await;
}

#[tokio::test]
async fn not_before_is_honoured() {
    let app = App::start().await;
    accepted(&app, &token(json!({ "nbf": seconds(50) }))).await;
    refused(&app, &token(json!({ "nbf": seconds(75) }))).await;
    refused(&app, &token(json!({ "nbf": "soon" }))).await;
}

#[tokio::test]
async fn issuer_and_audience_must_fit_where_configured() {
    let app = App::with(&[("JWT_ISSUER", "https://id.example"), ("JWT_AUDIENCE", "tender")]).await;
    accepted(&app, &token(json!({ "iss": "https://id.example", "aud": "tender" }))).await;
    accepted(&app, &token(json!({ "iss": "https://id.example", "aud": ["other", "tender"] }))).await;
    for wrong in [
        json!({ "aud": "tender" }),
        json!({ "iss": "https://id.example" }),
        json!({ "iss": "https://evil.example", "aud": "tender" }),
        json!({ "iss": "https://id.example", "aud": "tender2" }),
        json!({ "iss": "https://id.example", "aud": [] }),
        json!({ "iss": ["https://id.example"], "aud": "tender" }),
    ] {
        refused(&app, &token(wrong)).await;
    }
}

#[tokio::test]
async fn an_unknown_crit_is_refused() {
    let app = App::start().await;
    for crit in [json!(["exp"]), json!(["b64"]), json!([])] {
        let header = header(json!({ "crit": crit, "b64": false }));
        refused(&app, &hmac_signed(&header, &claims(json!({})), JWT_SECRET.as_bytes())).await;
    }
}

#[tokio::test]
async fn a_wrong_signature_is_refused() {
    let app = App::start().await;
    refused(&app, &hmac_signed(&header(json!({})), &claims(json!({})), b"another secret, also 32 bytes..."))
        .await;
    let good = token(json!({}));
    let (message, _) = good.rsplit_once('.').unwrap();
    refused(&app, message).await;
    refused(&app, &format!("{message}.AAAA")).await;
    let (_, signature) = good.rsplit_once('.').unwrap();
    let other = token(json!({ "role": "admin" }));
    let (other, _) = other.rsplit_once('.').unwrap();
    refused(&app, &format!("{other}.{signature}")).await;
}

#[tokio::test]
async fn what_is_no_token_is_refused() {
    let app = App::start().await;
    let good = token(json!({}));
    for text in ["x", "..", "a.b.c", "{}", "eyJ.eyJ.x", &format!("{good}.x"), &"x".repeat(9000)] {
        refused(&app, text).await;
    }
    for header in ["Bearer", "Bearer ", "Basic dTpw", "", good.as_str()] {
        problem(app.get("/whoami").header("authorization", header), 401).await;
    }
    // A bad bearer is not saved by a good cookie.
    let both = app.get("/whoami").bearer_auth("x").header("cookie", format!("session={good}"));
    problem(both, 401).await;
}

#[tokio::test]
async fn almost_the_service_token_is_no_service() {
    let app = App::start().await;
    for text in [&SERVICE_TOKEN[1..], &format!("{SERVICE_TOKEN}x"), &SERVICE_TOKEN.to_uppercase()] {
        problem(app.get("/service").bearer_auth(text), 401).await;
    }
    // A service speaks by header, not by cookie.
    problem(app.get("/service").header("cookie", "session=a-service-token-of-tests"), 401).await;
}
