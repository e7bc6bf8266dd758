//! Where a customer's browser may be sent: every bad URL of the contract by name.

use service_kit::validation::{AllowedOrigins, Origin, RedirectError, redirect_url};

fn shop() -> AllowedOrigins {
    AllowedOrigins::exact(
        ["https://shop.example", "http://localhost:3000"].map(|text| Origin::parse(text).expect("an origin")),
    )
}

fn refused(urls: &[&str], why: RedirectError) {
    for url in urls {
        assert_eq!(redirect_url(url, &shop()), Err(why), "{url:?}");
        if why != RedirectError::Origin {
            assert_eq!(redirect_url(url, &AllowedOrigins::any()), Err(why), "{url:?} with *");
        }
    }
}

#[test]
fn own_pages_are_allowed() {
    for url in [
        "https://shop.example",
        "https://shop.example/thanks?session_id={CHECKOUT_SESSION_ID}",
        "https://SHOP.example:443/a#b",
        " https://shop.example/trimmed ",
        "http://localhost:3000/cart?next=https://evil.example",
        "https://shop.example/mail@example.com",
    ] {
        assert!(redirect_url(url, &shop()).is_ok(), "{url}");
    }
}

#[test]
fn a_foreign_origin_is_refused() {
    refused(
        &[
            "https://evil.example/",
            "https://shop.example.evil.example/",
            "https://evil-shop.example/",
            "https://www.shop.example/",
            "https://shop.example:8443/",
            "http://shop.example/",
            "https://localhost:3000/",
            "http://localhost/",
            "http://127.0.0.1:3000/",
            "https://sh\u{43e}p.example/",
        ],
        RedirectError::Origin,
    );
}

#[test]
fn a_scheme_relative_url_is_refused() {
    refused(
        &["//evil", "//shop.example/", "///shop.example", "https:///shop.example/"],
        RedirectError::NotAbsolute,
    );
}

#[test]
fn backslashes_are_refused() {
    refused(
        &[
            "\\evil",
            "\\\\evil",
            "https:\\\\evil",
            "https://shop.example\\@evil.example",
            "https://shop.example/\\evil",
        ],
        RedirectError::NotAbsolute,
    );
}

#[test]
fn other_schemes_are_refused() {
    refused(
        &[
            "javascript:alert(1)",
            "JavaScript:alert(1)//https://shop.example",
            "data:text/html,x",
            "file:///etc/passwd",
            "ftp://shop.example/",
            "blob:https://shop.example/x",
            "https:shop.example",
            "/relative",
            "shop.example",
            "",
        ],
        RedirectError::NotAbsolute,
    );
}

#[test]
fn credentials_are_refused() {
    refused(
        &[
            "https://shop@evil",
            "https://shop.example@evil.example/",
            "https://user:pass@shop.example/",
            "https://@shop.example/",
            "https://:@shop.example/",
        ],
        RedirectError::Credentials,
    );
}

#[test]
fn control_characters_and_white_space_are_refused() {
    refused(
        &[
            "https://shop.example/\r\nSet-Cookie: a=b",
            "https://shop\t.example/",
            "java\nscript:alert(1)",
            "https://shop.example/a b",
            "\u{0}https://shop.example/",
            "https://shop.example/\u{7f}",
            "https://shop.example/\u{2028}",
        ],
        RedirectError::NotAbsolute,
    );
}

#[test]
fn too_long_is_refused() {
    let long = format!("https://shop.example/{}", "x".repeat(2048));
    refused(&[&long], RedirectError::TooLong);
}

#[test]
fn the_wildcard_takes_https_and_plain_loopback() {
    let any = AllowedOrigins::any();
    for url in [
        "https://anything.example/",
        "http://localhost:5173/",
        "http://127.0.0.1/",
        "http://[::1]:3000/",
        "http://app.localhost/",
    ] {
        assert!(redirect_url(url, &any).is_ok(), "{url}");
    }
    for url in [
        "http://anything.example/",
        "http://localhost.evil.example/",
        "http://127.0.0.1.evil.example/",
        "http://10.0.0.1/",
    ] {
        assert_eq!(redirect_url(url, &any), Err(RedirectError::Origin), "{url}");
    }
}

#[test]
fn plain_http_outside_loopback_is_allowed_only_by_name() {
    let plain = AllowedOrigins::exact([Origin::parse("http://intranet.example").unwrap()]);
    assert!(redirect_url("http://intranet.example/thanks", &plain).is_ok());
    assert_eq!(redirect_url("http://intranet.example/", &shop()), Err(RedirectError::Origin));
}

#[test]
fn origins_are_origins_and_nothing_more() {
    for text in [
        "https://shop.example",
        "https://shop.example/",
        "http://localhost:3000",
        "HTTPS://Shop.Example",
        "https://xn--bcher-kva.example",
    ] {
        assert!(Origin::parse(text).is_some(), "{text}");
    }
    for text in [
        "https://shop.example/path",
        "shop.example",
        "null",
        "",
        "https://",
        "ftp://shop.example",
        "https://u@shop.example",
        "https://shop.example?x",
    ] {
        assert!(Origin::parse(text).is_none(), "{text}");
    }
}
