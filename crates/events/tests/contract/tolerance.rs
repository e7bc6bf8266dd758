//! What a reader of the contract puts up with, and what it does not.

use events::{DecodeError, Envelope, OrderEvent, PaymentEvent, ProductEvent, Topic, topics::UnknownTopic};
use serde_json::{Value, json};

use crate::fixtures::{ORDER, PAYMENT};

fn refunded(data: Value) -> Result<PaymentEvent, DecodeError> {
    let event = json!({
        "eventId": "019cebac-b820-772c-af4a-134c69a5320a",
        "eventType": "payment.refunded",
        "timestamp": "2026-03-14T09:28:11.04Z",
        "data": data,
    });
    PaymentEvent::decode("payment.refunded", event.to_string().as_bytes()).map(|event| event.data)
}

fn product(timestamp: &str, sequence: Value) -> Envelope<ProductEvent> {
    let event = json!({
        "eventId": "019cebac-b820-772c-af4a-134c69a5320a",
        "eventType": "product.updated",
        "timestamp": timestamp,
        "data": { "productId": "tea", "currency": "usd", "sequence": sequence },
    });
    ProductEvent::decode("product.updated", event.to_string().as_bytes()).unwrap()
}

/// What order-service stores and goes on counting from, payment-service compares with.
#[test]
fn a_product_is_ranked_by_its_sequence_or_by_microseconds() {
    let at = "2026-03-14T09:28:11.040001Z";
    assert_eq!(product(at, json!(7)).rank(), 7);
    assert_eq!(product(at, json!("7")).rank(), 7);
    let uncounted = product(at, Value::Null);
    assert_eq!(uncounted.rank(), 1_773_480_491_040_001);
    assert_eq!(product("2026-03-14T10:28:11.040001+01:00", Value::Null).rank(), uncounted.rank());
    assert!(product("2026-03-14T09:28:11.040002Z", Value::Null).rank() > uncounted.rank());
    let own_update = product("2020-01-01T00:00:00Z", json!(uncounted.rank() + 1));
    assert!(own_update.rank() > uncounted.rank());
}

fn bare() -> Value {
    json!({ "paymentId": PAYMENT, "currency": "usd" })
}

fn with(name: &str, value: Value) -> Value {
    let mut data = bare();
    data[name] = value;
    data
}

#[test]
fn an_absent_field_is_its_default() {
    let event = refunded(bare()).unwrap();
    let payment = event.payment();
    assert_eq!((payment.attempt, payment.sequence, payment.amount, payment.declines), (0, 0, 0, 0));
    assert_eq!((payment.status.as_str(), payment.user_id.as_str(), payment.livemode), ("", "", false));
    assert_eq!((&payment.order_id, &payment.email, payment.products.len()), (&None, &None, 0));
    let PaymentEvent::Refunded(event) = &event else { panic!("{event:?}") };
    assert_eq!((event.refund_amount, event.refund_status.as_str(), &event.reason), (0, "", &None));
}

#[test]
fn null_is_as_good_as_absent() {
    let names = [
        "attempt",
        "orderId",
        "bookingId",
        "sequence",
        "status",
        "userId",
        "email",
        "recipientId",
        "recipientEmail",
        "amount",
        "amountRefunded",
        "products",
        "sessionId",
        "paymentIntentId",
        "declines",
        "lastError",
        "livemode",
        "refundId",
        "refundAmount",
        "refundStatus",
        "reason",
    ];
    let mut data = bare();
    for name in names {
        data[name] = Value::Null;
    }
    assert_eq!(refunded(data).unwrap(), refunded(bare()).unwrap());

    let line = json!([{ "productId": null, "name": null, "quantity": null, "price": null, "unitAmount": null,
                        "image": null }]);
    let event = refunded(with("products", line)).unwrap();
    assert_eq!(event, refunded(with("products", json!([{}]))).unwrap());
}

#[test]
fn integers_come_as_number_or_string() {
    for (given, expected) in [
        (json!(2999), 2999),
        (json!("2999"), 2999),
        (json!(2999.0), 2999),
        (json!("-1"), -1),
        (json!("9223372036854775807"), i64::MAX),
        (json!(i64::MIN), i64::MIN),
    ] {
        let event = refunded(with("amount", given.clone())).unwrap();
        assert_eq!(event.payment().amount, expected, "{given}");
    }
    assert_eq!(refunded(with("attempt", json!("3"))).unwrap().payment().attempt, 3);
    for given in
        [json!(29.99), json!("29.99"), json!(""), json!(true), json!([]), json!(1e300), json!(u64::MAX)]
    {
        assert!(refunded(with("amount", given.clone())).is_err(), "{given}");
    }
    for given in [json!(-1), json!(4_294_967_296_i64)] {
        assert!(refunded(with("attempt", given.clone())).is_err(), "{given}");
    }
}

#[test]
fn unknown_fields_and_words_are_ignored() {
    let mut data = with("status", json!("reinstated"));
    data["colour"] = json!({ "of": ["the", "sky"] });
    data["products"] = json!([{ "name": "Tea", "organic": true }]);
    let event = refunded(data).unwrap();
    assert_eq!(event.payment().status, "reinstated");
    assert_eq!(event.payment().products[0].name, "Tea");
}

#[test]
fn times_of_any_offset_become_utc_and_currencies_lower_case() {
    let event = json!({
        "eventId": "019cebac-b820-772c-af4a-134c69a5320a",
        "eventType": "product.updated",
        "timestamp": "2026-03-14T11:28:11+02:00",
        "data": { "productId": "tea", "currency": "EUR" },
    });
    let event = ProductEvent::decode(Topic::ProductUpdated, event.to_string().as_bytes()).unwrap();
    assert_eq!(event.data.product().sequence, None);
    let written: Value = serde_json::from_slice(&event.to_json().unwrap()).unwrap();
    assert_eq!(written["timestamp"], "2026-03-14T09:28:11Z");
    assert_eq!(written["data"]["currency"], "eur");
}

#[test]
fn what_has_no_default_must_be_there() {
    let mut data = bare();
    data.as_object_mut().unwrap().remove("paymentId");
    let error = refunded(data).unwrap_err();
    assert!(matches!(&error, DecodeError::Malformed { reason } if reason.contains("`paymentId`")), "{error}");
    assert!(refunded(json!({ "paymentId": PAYMENT })).is_err());
    assert!(refunded(with("paymentId", Value::Null)).is_err());
    assert!(refunded(with("orderId", json!("42"))).is_err());
    assert!(refunded(Value::Null).is_err());
    for value in ["", "{}", "null", "[]", "{\"data\":{}}", "\u{0}"] {
        let error = OrderEvent::decode(Topic::OrderPaid, value.as_bytes()).unwrap_err();
        assert!(matches!(error, DecodeError::Malformed { .. }), "{value}");
    }
}

#[test]
fn errors_name_fields_but_never_values() {
    let error = refunded(with("livemode", json!("jane.doe@example.com"))).unwrap_err();
    assert!(!error.to_string().contains("jane"), "{error}");
    assert!(error.to_string().contains("expected a boolean"), "{error}");
}

#[test]
fn a_topic_outside_the_family_is_named() {
    for name in ["order.paid", "payment.teleported", "", "dev.payment.created"] {
        let error = PaymentEvent::decode(name, b"{}").unwrap_err();
        assert_eq!(error, DecodeError::UnknownTopic(UnknownTopic(name.to_owned())));
        assert!(error.to_string().contains(&format!("`{name}`")));
    }
}

#[test]
fn a_value_that_calls_itself_something_else_is_named() {
    let event = json!({
        "eventId": "019cebac-b820-772c-af4a-134c69a5320a",
        "eventType": "order.paid.v2",
        "timestamp": "2026-03-14T09:28:11.04Z",
        "data": { "orderId": ORDER, "currency": "usd" },
    });
    let error = OrderEvent::decode(Topic::OrderPaid, event.to_string().as_bytes()).unwrap_err();
    let event_type = "order.paid.v2".to_owned();
    assert_eq!(error, DecodeError::UnknownType { topic: Topic::OrderPaid, event_type });
}

#[test]
fn topics_have_one_name_each() {
    for &topic in Topic::ALL {
        assert_eq!(Topic::from_name(topic.name()), Some(topic));
        assert_eq!(topic.name().parse(), Ok(topic));
    }
    assert_eq!(Topic::from_name("Payment.Created"), None);
    assert_eq!("x".parse::<Topic>(), Err(UnknownTopic("x".to_owned())));
}
