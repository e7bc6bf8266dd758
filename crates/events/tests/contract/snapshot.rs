//! Whatever a payment's snapshot holds, it survives the wire.

use events::{Envelope, LastError, LineItem, PaymentExpired, PaymentSnapshot, Topic};
use kernel::{Currency, Money};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use uuid::Uuid;

use crate::support::{enveloped, proto_json, through_proto};

/// Decimals have up to fifteen digits.
const LARGEST_PRICE: i64 = 999_999_999_999_999;

prop_compose! {
    fn currency()(code in prop::sample::select(vec!["usd", "eur", "jpy", "kwd"])) -> Currency {
        code.parse().unwrap()
    }
}

prop_compose! {
    fn line(currency: Currency)(
        product_id in option::of("[a-z0-9_-]{1,40}"),
        name in any::<String>(),
        quantity in any::<u32>(),
        unit_amount in 0..=LARGEST_PRICE,
        image in option::of(any::<String>()),
    ) -> LineItem {
        LineItem {
            product_id: product_id.map(|id| id.parse().unwrap()),
            name,
            quantity,
            price: Money::new(unit_amount, currency).to_major(),
            unit_amount,
            image,
        }
    }
}

prop_compose! {
    fn last_error()(
        code in any::<String>(),
        decline_code in option::of(any::<String>()),
        message in any::<String>(),
        retryable in any::<bool>(),
    ) -> LastError {
        LastError { code, decline_code, message, retryable }
    }
}

prop_compose! {
    fn snapshot()(currency in currency())(
        ids in (any::<u128>(), option::of(any::<u128>()), option::of(any::<String>())),
        numbers in (any::<u32>(), any::<i64>(), any::<i64>(), any::<i64>(), any::<u32>()),
        words in (any::<String>(), any::<String>()),
        people in [option::of(any::<String>()), option::of(any::<String>()), option::of(any::<String>())],
        stripe in [option::of(any::<String>()), option::of(any::<String>())],
        products in vec(line(currency), 0..4),
        last_error in option::of(last_error()),
        livemode in any::<bool>(),
        currency in Just(currency),
    ) -> PaymentSnapshot {
        let (payment_id, order_id, booking_id) = ids;
        let (attempt, sequence, amount, amount_refunded, declines) = numbers;
        let (status, user_id) = words;
        let [email, recipient_id, recipient_email] = people;
        let [session_id, payment_intent_id] = stripe;
        PaymentSnapshot {
            payment_id: Uuid::from_u128(payment_id).into(),
            attempt,
            order_id: order_id.map(|id| Uuid::from_u128(id).into()),
            booking_id,
            sequence,
            status,
            user_id,
            email,
            recipient_id,
            recipient_email,
            amount,
            amount_refunded,
            currency,
            products,
            session_id,
            payment_intent_id,
            declines,
            last_error,
            livemode,
        }
    }
}

proptest! {
    #[test]
    fn a_snapshot_survives_its_own_json(payment in snapshot()) {
        let json = serde_json::to_vec(&payment).unwrap();
        prop_assert_eq!(serde_json::from_slice::<PaymentSnapshot>(&json).unwrap(), payment);
    }

    #[test]
    fn a_snapshot_survives_an_event_and_the_proto_files(payment in snapshot()) {
        let event = enveloped(PaymentExpired { payment });
        let json = event.to_json().unwrap();
        prop_assert_eq!(&Envelope::from_json(&json).unwrap(), &event);
        let message = through_proto(Topic::PaymentExpired, &json).unwrap();
        prop_assert_eq!(Envelope::from_json(&proto_json(&message, true)).unwrap(), event);
    }
}
