//! The bodies of the internal purchases API, as the two services that speak it must both write them.

use events::purchases::{
    CloseOutcome, ClosePurchase, EnsureSession, PaymentState, Purchase, PurchaseKind, PurchaseState,
};
use kernel::Currency;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use time::macros::datetime;

use crate::fixtures::{ORDER, full_payment, minimal_payment};

/// Writes as exactly this JSON, and reads back equal.
fn assert_written<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(body: &T, json: &Value) {
    assert_eq!(&serde_json::to_value(body).unwrap(), json);
    assert_eq!(&serde_json::from_str::<T>(&json.to_string()).unwrap(), body);
}

#[test]
fn ensure_session_leaves_out_what_is_not_given() {
    let mut body = EnsureSession {
        generation: 1,
        user_id: "guest".to_owned(),
        email: None,
        currency: Currency::USD,
        amount: 2500,
        products: vec![],
        shipping_address: None,
        success_url: "https://shop.example/success".to_owned(),
        cancel_url: "https://shop.example/cancel".to_owned(),
        payment_method_types: None,
        hold_until: datetime!(2026-03-14 10:06:53 UTC),
        metadata: [].into(),
    };
    let mut json = json!({
        "generation": 1,
        "userId": "guest",
        "currency": "usd",
        "amount": 2500,
        "products": [],
        "successUrl": "https://shop.example/success",
        "cancelUrl": "https://shop.example/cancel",
        "holdUntil": "2026-03-14T10:06:53Z",
    });
    assert_written(&body, &json);

    body.email = Some("jane.doe@example.com".to_owned());
    body.payment_method_types = Some(vec!["card".to_owned(), "paypal".to_owned()]);
    body.metadata = [("campaign".to_owned(), "spring".to_owned())].into();
    json["email"] = "jane.doe@example.com".into();
    json["paymentMethodTypes"] = json!(["card", "paypal"]);
    json["metadata"] = json!({ "campaign": "spring" });
    assert_written(&body, &json);
}

#[test]
fn a_purchase_tells_its_payments_and_what_a_close_came_to() {
    assert_written(&ClosePurchase { generation: 2 }, &json!({ "generation": 2 }));

    let created_at = datetime!(2026-03-14 09:26:53.812 UTC);
    let bare = PaymentState {
        event_id: None,
        snapshot: minimal_payment(),
        url: None,
        client_secret: None,
        expires_at: None,
        created_at,
    };
    let full = PaymentState {
        event_id: Some("019cebac-b820-772c-af4a-134c69a5320a".parse().unwrap()),
        snapshot: full_payment(),
        url: Some("https://checkout.stripe.com/c/pay/cs_test_1".to_owned()),
        client_secret: Some("cs_test_1_secret".to_owned()),
        expires_at: Some(datetime!(2026-03-14 09:57:53 UTC)),
        created_at,
    };
    let purchase = Purchase {
        id: ORDER.to_owned(),
        kind: PurchaseKind::Order,
        state: PurchaseState::Closed,
        generation: 1,
        payments: vec![bare.clone(), full.clone()],
        outcome: Some(CloseOutcome::Processing),
    };
    assert_eq!(purchase.newest(), Some(&full));
    let json = json!({
        "id": ORDER,
        "kind": "order",
        "state": "closed",
        "generation": 1,
        "payments": [
            { "snapshot": bare.snapshot, "createdAt": "2026-03-14T09:26:53.812Z" },
            {
                "eventId": "019cebac-b820-772c-af4a-134c69a5320a",
                "snapshot": full.snapshot,
                "url": "https://checkout.stripe.com/c/pay/cs_test_1",
                "clientSecret": "cs_test_1_secret",
                "expiresAt": "2026-03-14T09:57:53Z",
                "createdAt": "2026-03-14T09:26:53.812Z",
            },
        ],
        "outcome": "processing",
    });
    assert_written(&purchase, &json);
}

#[test]
fn a_purchase_without_payments_or_outcome_is_read() {
    let json = json!({ "id": "booking-1", "kind": "booking", "state": "open", "payments": null, "more": 1 });
    let purchase: Purchase = serde_json::from_value(json).unwrap();
    assert_eq!((purchase.kind, purchase.state), (PurchaseKind::Booking, PurchaseState::Open));
    assert_eq!((purchase.newest(), purchase.outcome, purchase.generation), (None, None, 0));
}
