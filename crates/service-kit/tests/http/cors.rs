//! Frontends on other origins.

use reqwest::Method;

use crate::app::{App, SHOP};

fn preflight(app: &App, origin: &str) -> reqwest::RequestBuilder {
    app.call(Method::OPTIONS, "/carts")
        .header("origin", origin)
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "content-type,x-csrf-token,idempotency-key")
}

#[tokio::test]
async fn an_allowed_origin_may_call_with_cookies() {
    let app = App::start().await;
    let answer = preflight(&app, SHOP).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["access-control-allow-origin"], SHOP);
    assert_eq!(answer.headers()["access-control-allow-credentials"], "true");
    let read = app.get("/carts").header("origin", SHOP).send().await.unwrap();
    assert_eq!(read.headers()["access-control-allow-origin"], SHOP);
    assert!(
        read.headers()["access-control-expose-headers"]
            .to_str()
            .unwrap()
            .to_lowercase()
            .contains("retry-after")
    );
}

#[tokio::test]
async fn a_problem_can_be_read_across_origins_too() {
    let app = App::start().await;
    for path in ["/broken", "/away", "/nowhere"] {
        let answer = app.get(path).header("origin", SHOP).send().await.unwrap();
        assert_eq!(answer.headers()["content-type"], "application/problem+json");
        assert_eq!(answer.headers()["access-control-allow-origin"], SHOP, "{path}");
    }
}

#[tokio::test]
async fn other_origins_get_no_permission() {
    let app = App::start().await;
    for origin in ["https://evil.example", "null", "http://shop.example"] {
        let answer = preflight(&app, origin).send().await.unwrap();
        assert!(!answer.headers().contains_key("access-control-allow-origin"), "{origin}");
        let read = app.get("/carts").header("origin", origin).send().await.unwrap();
        assert!(!read.headers().contains_key("access-control-allow-origin"), "{origin}");
    }
}

#[tokio::test]
async fn the_wildcard_gives_no_credentials() {
    let app = App::with(&[("ALLOWED_ORIGINS", "*")]).await;
    for origin in ["https://anything.example", "http://localhost:3000"] {
        let answer = preflight(&app, origin).send().await.unwrap();
        assert_eq!(answer.headers()["access-control-allow-origin"], origin);
        assert!(!answer.headers().contains_key("access-control-allow-credentials"));
    }
    let plain = preflight(&app, "http://anything.example").send().await.unwrap();
    assert!(!plain.headers().contains_key("access-control-allow-origin"));
}
