use kernel::Currency;

use super::*;
use crate::domain::{Line, OrderFacts, PaymentFacts, RefundCause, RefundFacts};

const HOSTILE: &str = r#"<script>alert("x")</script> & 'co'"#;

fn renderer() -> Renderer {
    Renderer::new("Tender".into(), "https://shop.example/de/".parse().unwrap()).unwrap()
}

fn order(name: &str) -> OrderFacts {
    OrderFacts {
        order_id: "0190/../admin?x".into(),
        order_number: "T-26-000123".into(),
        lines: vec![Line::new(name, 2, 2999), Line::new("Tea", 1, 125)],
        amount: 6123,
        currency: Currency::USD,
    }
}

fn payment(code: &str, decline_code: Option<&str>) -> PaymentFacts {
    PaymentFacts {
        purchase: Purchase::Booking("b-1".into()),
        lines: vec![],
        amount: 1500,
        currency: "jpy".parse().unwrap(),
        code: code.into(),
        decline_code: decline_code.map(str::to_owned),
    }
}

fn refund(cause: RefundCause) -> Letter {
    let purchase = Purchase::Order("o-1".into());
    Letter::PaymentRefunded(RefundFacts { purchase, amount: 1999, currency: Currency::USD, cause })
}

#[test]
fn a_refund_names_its_own_sum_and_why_if_that_is_certain() {
    use RefundCause::{Excess, Late, Other, Unavailable};
    let causes = [Late, Excess, Unavailable, Other];
    for cause in causes {
        let written = renderer().write(&refund(cause)).unwrap();
        for form in [&written.html, &written.text] {
            assert!(form.contains("We have given back") && form.contains("$19.99"), "{form}");
        }
        let text = written.text.replace('\n', " ");
        for other in causes {
            let told = other.sentence().is_some_and(|sentence| text.contains(sentence));
            assert_eq!(told, other == cause && cause != Other, "{cause:?}: {text}");
        }
    }
}

#[test]
fn every_kind_is_written_in_both_forms() {
    for letter in [
        Letter::OrderConfirmed(order("Cup")),
        Letter::OrderRevived(order("Cup")),
        refund(RefundCause::Late),
        refund(RefundCause::Other),
        Letter::OrderCancelled(order("Cup")),
        Letter::OrderExpired(order("Cup")),
        Letter::PaymentFailed(payment("card_declined", None)),
    ] {
        let Written { subject, html, text } = renderer().write(&letter).unwrap();
        let (amount, currency) = letter.total();
        for form in [&html, &text] {
            assert!(form.contains(&written(amount, currency)), "{subject}: {form}");
            assert!(form.contains(wording(&letter).heading), "{subject}: {form}");
            assert!(!form.contains("{{") && !form.contains("{%"), "{form}");
        }
        assert!(html.contains(&format!("<title>{subject}</title>")));
        assert!(!text.contains('<') && !text.contains("\n\n\n"), "{text}");
    }
}

#[test]
fn hostile_names_are_escaped_in_html_and_plain_in_text() {
    let written = renderer().write(&Letter::OrderConfirmed(order(HOSTILE))).unwrap();
    assert!(!written.html.contains("<script>"), "{}", written.html);
    assert!(written.html.contains("&lt;script&gt;"), "{}", written.html);
    assert!(written.text.contains(HOSTILE), "{}", written.text);
}

#[test]
fn items_and_sums_stand_in_the_mail() {
    let written = renderer().write(&Letter::OrderConfirmed(order("Cup"))).unwrap();
    for form in [&written.html, &written.text] {
        for part in ["Cup", "$29.99", "$59.98", "Tea", "$1.25", "$61.23", "T-26-000123"] {
            assert!(form.contains(part), "{part} in {form}");
        }
    }
}

#[test]
fn links_stay_in_the_shop_whatever_the_id() {
    let link = renderer().link(&Letter::OrderExpired(order("Cup")));
    assert_eq!(link, "https://shop.example/de/orders/0190%2F..%2Fadmin%3Fx");
    let link = renderer().link(&Letter::PaymentFailed(payment("", None)));
    assert_eq!(link, "https://shop.example/de/bookings/b-1");
}

#[test]
fn a_declined_payment_is_explained_by_the_table() {
    for (code, decline_code) in [
        ("card_declined", Some("insufficient_funds")),
        ("expired_card", None),
        ("card_declined", Some("lost_card")),
        ("unheard_of", None),
    ] {
        let expected = advice(decline_code, code);
        let letter = Letter::PaymentFailed(payment(code, decline_code));
        let text = renderer().write(&letter).unwrap().text;
        assert!(text.contains(expected.message) && text.contains(expected.recommendation), "{text}");
        assert!(text.contains("¥1,500") && !text.contains("lost"), "{text}");
    }
}
