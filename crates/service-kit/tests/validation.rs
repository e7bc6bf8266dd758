//! The fine print of the contract, rule by rule.

use service_kit::validation::rules::{country, email, text};
use service_kit::validation::{Violations, pointer};

#[test]
fn texts_are_trimmed_and_bounded() {
    assert_eq!(text("  Ada Lovelace "), Ok("Ada Lovelace".to_owned()));
    assert_eq!(text(&"\u{e9}".repeat(250)), Ok("\u{e9}".repeat(250)));
    assert_eq!(text(&"x".repeat(251)), Err("must have at most 250 characters"));
    for empty in ["", "   ", "\u{a0}"] {
        assert_eq!(text(empty), Err("must not be empty"), "{empty:?}");
    }
    for control in ["a\0", "a\r\nb", "\t", "a\u{1b}[31m", "a\u{2029}"] {
        assert_eq!(text(control), Err("must not contain control characters"), "{control:?}");
    }
    // HTML is text; it is escaped where it is shown.
    assert_eq!(text("<b>Ada</b>"), Ok("<b>Ada</b>".to_owned()));
}

#[test]
fn mail_addresses() {
    for good in ["a@b.example", "ada+shop@mail.example.com", " ada@example.com "] {
        assert_eq!(email(good).as_deref(), Ok(good.trim()), "{good}");
    }
    for bad in [
        "",
        "ada",
        "@example.com",
        "ada@",
        "a b@example.com",
        "ada@example.com\nBcc: x@y",
        "ada@@example.com",
        "Ada <ada@example.com>",
    ] {
        assert!(email(bad).is_err(), "{bad:?}");
    }
    let long = format!("{}@{}.example", "a".repeat(64), "b".repeat(200));
    assert_eq!(email(&long), Err("must have at most 254 characters"));
}

#[test]
fn countries_are_two_assigned_letters() {
    assert_eq!(country("de"), Ok("DE".to_owned()));
    assert_eq!(country(" US "), Ok("US".to_owned()));
    for bad in ["", "D", "DEU", "XX", "UK", "Germany", "\u{d6}S"] {
        assert!(country(bad).is_err(), "{bad}");
    }
}

#[test]
fn pointers_are_escaped() {
    assert_eq!(pointer(["a/b", "c~d", "0"]), "/a~1b/c~0d/0");
    assert_eq!(pointer(Vec::<&str>::new()), "");
}

#[test]
fn all_mistakes_are_collected_in_order() {
    let mut violations = Violations::new();
    assert_eq!(violations.text("/name", " Ada "), "Ada");
    assert_eq!(violations.optional_text("/line2", Some("  ")), None);
    violations.text("/city", "");
    violations.quantity("/items/0/quantity", 0);
    violations.quantity("/items/1/quantity", 1000);
    violations.quantity("/items/2/quantity", i64::MAX);
    assert_eq!(violations.quantity("/items/3/quantity", 999), 999);
    violations.line_count("/items", 0);
    violations.line_count("/items", 101);
    violations.line_count("/items", 100);
    violations.country("/country", "XX");
    let pointers: Vec<_> = violations.as_slice().iter().map(|violation| violation.pointer.as_str()).collect();
    let expected = [
        "/city",
        "/items/0/quantity",
        "/items/1/quantity",
        "/items/2/quantity",
        "/items",
        "/items",
        "/country",
    ];
    assert_eq!(pointers, expected);
    assert_eq!(violations.check().unwrap_err().violations().len(), 7);
    assert!(Violations::new().check().is_ok());
}
