//! Every error is a problem with a stable code, the framework's own included, and none repeats what was sent.

use std::io::{Read, Write};
use std::net::TcpStream;

use reqwest::Method;
use serde_json::{Value, json};

use crate::app::{App, answer, problem};

fn cart(app: &App, body: impl Into<reqwest::Body>) -> reqwest::RequestBuilder {
    app.post("/carts").header("content-type", "application/json").body(body)
}

async fn code(call: reqwest::RequestBuilder, status: u16) -> String {
    problem(call, status).await["code"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn the_whole_body_is_as_the_contract_says() {
    let app = App::start().await;
    let body = problem(cart(&app, r#"{"cartItems":[{"price":1}]}"#).header("x-request-id", "r-1"), 422).await;
    assert_eq!(
        body,
        json!({
            "type": "/problems/validation_failed", "title": "Validation failed", "status": 422,
            "code": "validation_failed", "error": "Validation failed", "success": false,
            "category": "validation", "retryable": false, "requestId": "r-1",
            "errors": [{ "pointer": "/cartItems/0/quantity", "detail": "is required" }],
        })
    );
}

#[tokio::test]
async fn an_unknown_route_is_404() {
    let app = App::start().await;
    assert_eq!(code(app.get("/nowhere"), 404).await, "not_found");
    assert_eq!(code(app.get("/carts/"), 404).await, "not_found");
    // An id that cannot be one is absent, not malformed.
    assert_eq!(code(app.get("/carts/seven"), 404).await, "not_found");
}

#[tokio::test]
async fn a_wrong_method_is_405_with_allow() {
    let app = App::start().await;
    for (method, path, allow) in [
        (Method::DELETE, "/carts", "GET, HEAD, POST"),
        (Method::POST, "/carts/7", "GET, HEAD"),
        (Method::GET, "/raw", "POST"),
        (Method::OPTIONS, "/raw", "POST"),
        (Method::POST, "/livez", "GET, HEAD"),
    ] {
        let answer = app.call(method.clone(), path).send().await.unwrap();
        assert_eq!(answer.headers()["allow"], allow, "{method} {path}");
        assert_eq!(code(app.call(method, path), 405).await, "method_not_allowed");
    }
    let head = app.call(Method::HEAD, "/carts").send().await.unwrap();
    assert_eq!(head.status(), 200);
    assert_eq!(head.text().await.unwrap(), "");
}

#[tokio::test]
async fn a_body_that_is_not_json_is_415() {
    let app = App::start().await;
    let good = r#"{"cartItems":[{"quantity":1,"price":1}]}"#;
    for kind in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/json; charset=latin1",
        "text/json",
        "json",
    ] {
        let call = app.post("/carts").header("content-type", kind).body(good);
        assert_eq!(code(call, 415).await, "unsupported_media_type", "{kind}");
    }
    assert_eq!(code(app.post("/carts").body(good), 415).await, "unsupported_media_type");
    let packed = cart(&app, good).header("content-encoding", "gzip");
    assert_eq!(code(packed, 415).await, "unsupported_media_type");
    for kind in ["application/json; charset=UTF-8", "Application/JSON", "application/vnd.shop+json"] {
        let call = app.post("/carts").header("content-type", kind).body(good);
        assert_eq!(answer(call).await.0, 200, "{kind}");
    }
}

#[tokio::test]
async fn malformed_json_is_400() {
    let app = App::start().await;
    let malformed: [&[u8]; 8] =
        [b"", b"{", b"nope", b"{\"cartItems\":[]} x", b"{'a':1}", b"\xff\xfe", b"{\"a\":\"\xff\"}", b"[1,]"];
    for body in malformed {
        assert_eq!(code(cart(&app, body), 400).await, "malformed_json", "{body:?}");
    }
}

#[tokio::test]
async fn json_too_deep_is_400() {
    let app = App::start().await;
    let nested =
        |depth: usize| format!(r#"{{"cartItems":[],"x":{}1{}}}"#, "[".repeat(depth), "]".repeat(depth));
    assert_eq!(code(cart(&app, nested(64)), 400).await, "json_too_deep");
    assert_eq!(code(cart(&app, nested(63)), 422).await, "validation_failed");
}

#[tokio::test]
async fn a_body_too_large_is_413() {
    let app = App::start().await;
    let large = format!(r#"{{"cartItems":[],"x":"{}"}}"#, "y".repeat(256 * 1024));
    assert_eq!(code(cart(&app, large.clone()), 413).await, "body_too_large");
    assert_eq!(code(app.post("/raw").body("x".repeat(1025)), 413).await, "body_too_large");
    assert_eq!(answer(app.post("/raw").body("x".repeat(1024))).await.1, 1024);
}

#[tokio::test]
async fn a_body_too_large_without_a_stated_length_is_413() {
    let app = App::start().await;
    let address = app.url.strip_prefix("http://").unwrap().to_owned();
    let exchange = move || {
        let mut stream = TcpStream::connect(address)?;
        write!(stream, "POST /carts HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n")?;
        write!(stream, "transfer-encoding: chunked\r\n\r\n")?;
        for _ in 0..5 {
            // The server may have said no and closed before all was sent.
            let sent = write!(stream, "10000\r\n{}\r\n", "[".repeat(0x10000));
            if sent.is_err() {
                break;
            }
        }
        let mut start = [0; 12];
        stream.read_exact(&mut start)?;
        Ok::<_, std::io::Error>(String::from_utf8_lossy(&start).into_owned())
    };
    assert_eq!(tokio::task::spawn_blocking(exchange).await.unwrap().unwrap(), "HTTP/1.1 413");
}

#[tokio::test]
async fn fields_of_the_wrong_type_are_422_at_their_pointer_without_the_value() {
    let app = App::start().await;
    let item = |item: &str| format!(r#"{{"cartItems":[{{"quantity":1,"price":1}},{item}]}}"#);
    for (body, pointer, detail) in [
        (item(r#"{"quantity":"s3cret","price":1}"#), "/cartItems/1/quantity", "must be a whole number"),
        (item(r#"{"quantity":1.5,"price":1}"#), "/cartItems/1/quantity", "must be a whole number"),
        (
            item(r#"{"quantity":99999999999999999999,"price":1}"#),
            "/cartItems/1/quantity",
            "must be a whole number",
        ),
        (item(r#"{"quantity":1,"price":"s3cret"}"#), "/cartItems/1/price", "a decimal number is expected"),
        (
            item(r#"{"quantity":1,"price":0.12345678901234567890123456789012345}"#),
            "/cartItems/1/price",
            "the number has too many digits",
        ),
        (item(r#"{"quantity":1}"#), "/cartItems/1/price", "is required"),
        (item(r#""s3cret, expected s3cret""#), "/cartItems/1", "must be an object"),
        (r#"{"cartItems":"s3cret"}"#.to_owned(), "/cartItems", "must be an array"),
        (r#"{"cartItems":[],"cartItems":[]}"#.to_owned(), "/cartItems", "is given more than once"),
        (r#"["s3cret"]"#.to_owned(), "", "must be a JSON object"),
        (r#"{}"#.to_owned(), "/cartItems", "is required"),
    ] {
        let answer = problem(cart(&app, body.clone()), 422).await;
        assert!(!answer.to_string().contains("s3cret"), "{answer}");
        assert_eq!(answer["errors"], json!([{ "pointer": pointer, "detail": detail }]), "{body}");
    }
}

#[tokio::test]
async fn rules_are_422_at_their_pointers_all_at_once() {
    let app = App::start().await;
    let body =
        r#"{"cartItems":[{"quantity":0,"price":1},{"quantity":1,"price":1},{"quantity":1000,"price":1}]}"#;
    let answer = problem(cart(&app, body), 422).await;
    assert_eq!(
        answer["errors"],
        json!([
            { "pointer": "/cartItems/0/quantity", "detail": "must be a whole number from 1 to 999" },
            { "pointer": "/cartItems/2/quantity", "detail": "must be a whole number from 1 to 999" },
        ])
    );
    let empty = problem(cart(&app, r#"{"cartItems":[]}"#), 422).await;
    assert_eq!(empty["errors"], json!([{ "pointer": "/cartItems", "detail": "must not be empty" }]));
}

#[tokio::test]
async fn text_with_nul_or_line_breaks_is_422() {
    let app = App::start().await;
    for name in ["a\u{0}b", "a\r\nBcc: x", "a\tb", "a\u{7f}", "a\u{85}", "a\u{2028}b", "\n", "trailing\n"] {
        let body = json!({ "cartItems": [{ "quantity": 1, "price": 1 }], "name": name });
        let answer = problem(cart(&app, body.to_string()), 422).await;
        assert_eq!(answer["errors"][0]["pointer"], "/name", "{name:?}");
    }
}

#[tokio::test]
async fn prices_keep_their_digits_and_unknown_fields_are_ignored() {
    let app = App::start().await;
    let body = r#"{"cartItems":[{"quantity":1,"price":29.990,"colour":"red"}],"name":" Ada ","extra":{}}"#;
    assert_eq!(answer(cart(&app, body)).await, (200, json!({ "name": "Ada", "prices": ["29.990"] })));
}

#[tokio::test]
async fn a_bad_query_is_422() {
    let app = App::start().await;
    for query in ["?limit=many", "?limit=-1", ""] {
        assert_eq!(code(app.get(&format!("/pages{query}")), 422).await, "validation_failed");
    }
}

#[tokio::test]
async fn an_absent_optional_body_is_the_default() {
    let app = App::start().await;
    let text = async |call: reqwest::RequestBuilder| call.send().await.unwrap().text().await.unwrap();
    assert_eq!(text(app.post("/optional")).await, "");
    let given = app.post("/optional").header("content-type", "application/json").body(r#"{"text":"hello"}"#);
    assert_eq!(text(given).await, "hello");
    assert_eq!(code(app.post("/optional").body(r#"{"text":"hello"}"#), 415).await, "unsupported_media_type");
}

#[tokio::test]
async fn what_breaks_inside_is_opaque_outside() {
    let app = App::start().await;
    for path in ["/broken", "/panics"] {
        let body: Value = problem(app.get(path), 500).await;
        assert_eq!(body["code"], "internal");
        assert_eq!(body["category"], "internal");
        assert!(!body.to_string().contains("secret"), "{body}");
        assert_eq!(body.get("detail"), None);
    }
    // The server goes on.
    assert_eq!(answer(app.get("/carts")).await.0, 200);
}

#[tokio::test]
async fn what_passes_says_when_to_try_again() {
    let app = App::start().await;
    let answer = app.get("/away").send().await.unwrap();
    assert_eq!(answer.headers()["retry-after"], "5");
    assert_eq!(problem(app.get("/away"), 503).await["retryable"], true);
}
