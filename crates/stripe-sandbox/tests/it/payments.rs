//! PaymentIntents, customers, charges and refunds by the API.

use serde_json::{Value, json};
use test_support::eventually;

use crate::support::{SOON, Shop, strings};

#[tokio::test]
async fn a_confirmed_payment_intent_is_paid() {
    let shop = Shop::open().await;
    let created = shop
        .post("/v1/payment_intents", &[("amount", "1099"), ("currency", "eur"), ("metadata[order]", "o-1")])
        .await;
    assert_eq!(created.json["status"], "requires_payment_method");
    assert!(
        created.json["client_secret"].as_str().unwrap().starts_with(&format!("{}_secret_", created.id()))
    );
    let confirm = format!("/v1/payment_intents/{}/confirm", created.id());
    assert_eq!(shop.post(&confirm, &[]).await.code(), "payment_intent_unexpected_state");
    let paid =
        shop.post(&confirm, &[("payment_method", "pm_card_visa"), ("expand[]", "latest_charge")]).await;
    assert_eq!((&paid.json["status"], &paid.json["amount_received"]), (&json!("succeeded"), &json!(1099)));
    assert_eq!(paid.json["latest_charge"]["metadata"], json!({ "order": "o-1" }));
    assert_eq!(shop.post(&confirm, &[]).await.code(), "payment_intent_unexpected_state");
    let charges = shop.get(&format!("/v1/charges?payment_intent={}", created.id())).await.json;
    assert_eq!(strings(&charges["data"], "id"), [paid.json["latest_charge"]["id"].as_str().unwrap()]);
}

#[tokio::test]
async fn a_declined_confirmation_answers_402_with_the_intent() {
    let shop = Shop::open().await;
    let form = [
        ("amount", "1099"),
        ("currency", "usd"),
        ("confirm", "true"),
        ("payment_method", "pm_card_chargeDeclined"),
    ];
    let declined = shop.post("/v1/payment_intents", &form).await;
    let error = &declined.json["error"];
    assert_eq!((declined.status, declined.code()), (402, "card_declined"));
    assert_eq!((&error["type"], &error["decline_code"]), (&json!("card_error"), &json!("generic_decline")));
    assert_eq!(error["payment_intent"]["status"], "requires_payment_method");
    assert_eq!(error["payment_intent"]["last_payment_error"]["charge"], error["charge"]);
    assert_eq!(error["payment_method"]["type"], "card");
}

#[tokio::test]
async fn three_d_secure_of_a_payment_intent_has_a_page() {
    let shop = Shop::open().await;
    let form = [
        ("amount", "1099"),
        ("currency", "usd"),
        ("confirm", "true"),
        ("payment_method", "pm_card_authenticationRequired"),
        ("return_url", "https://shop.example/back?x=1"),
    ];
    let asked = shop.post("/v1/payment_intents", &form).await;
    assert_eq!(asked.json["status"], "requires_action");
    let url = asked.json["next_action"]["redirect_to_url"]["url"].as_str().unwrap();
    let page = shop.http.get(url).send().await.unwrap().text().await.unwrap();
    assert!(page.contains("Complete authentication"), "{page}");
    let answer = shop.http.post(url).form(&[("answer", "pass")]).send().await.unwrap();
    let back = answer.headers()["location"].to_str().unwrap().to_owned();
    assert!(back.starts_with("https://shop.example/back?x=1&payment_intent=pi_"), "{back}");
    assert!(back.ends_with("redirect_status=succeeded"), "{back}");
    let paid = shop.get(&format!("/v1/payment_intents/{}", asked.id())).await;
    assert_eq!(paid.json["status"], "succeeded");
}

#[tokio::test]
async fn intents_are_updated_and_cancelled_while_unpaid() {
    let shop = Shop::open().await;
    let intent = shop.post("/v1/payment_intents", &[("amount", "1099"), ("currency", "usd")]).await.id();
    let path = format!("/v1/payment_intents/{intent}");
    let updated = shop.post(&path, &[("amount", "2000"), ("metadata[a]", "1"), ("metadata[b]", "2")]).await;
    assert_eq!(
        (&updated.json["amount"], &updated.json["metadata"]),
        (&json!(2000), &json!({ "a": "1", "b": "2" }))
    );
    let updated = shop.post(&path, &[("metadata[a]", "")]).await;
    assert_eq!(updated.json["metadata"], json!({ "b": "2" }));
    let cancel = format!("{path}/cancel");
    let cancelled = shop.post(&cancel, &[("cancellation_reason", "abandoned")]).await;
    assert_eq!(cancelled.json["status"], "canceled");
    assert_eq!(cancelled.json["cancellation_reason"], "abandoned");
    assert_eq!(shop.post(&cancel, &[]).await.code(), "payment_intent_unexpected_state");
    assert_eq!(shop.post(&path, &[("amount", "3000")]).await.status, 400);
}

#[tokio::test]
async fn checkouts_intents_belong_to_checkout() {
    let shop = Shop::open().await;
    let session = shop.session().await;
    let declined = shop.pay(&session, json!({ "card": "4000000000000002" })).await;
    let intent = declined.json["session"]["payment_intent"].as_str().unwrap();
    let confirm = shop
        .post(&format!("/v1/payment_intents/{intent}/confirm"), &[("payment_method", "pm_card_visa")])
        .await;
    let cancel = shop.post(&format!("/v1/payment_intents/{intent}/cancel"), &[]).await;
    assert_eq!([confirm.code(), cancel.code()], ["payment_intent_unexpected_state"; 2]);
}

#[tokio::test]
async fn amounts_are_checked() {
    let shop = Shop::open().await;
    for (amount, currency, code) in [
        ("49", "usd", "amount_too_small"),
        ("100000000", "usd", "amount_too_large"),
        ("12.5", "usd", "parameter_invalid_integer"),
        ("12345", "kwd", "parameter_invalid_integer"),
    ] {
        let answer = shop.post("/v1/payment_intents", &[("amount", amount), ("currency", currency)]).await;
        assert_eq!((answer.status, answer.code()), (400, code), "{amount} {currency}");
    }
}

#[tokio::test]
async fn refunds_never_exceed_the_capture() {
    let shop = Shop::open().await;
    let intent = shop.paid_intent().await;
    let part = shop.post("/v1/refunds", &[("payment_intent", &intent), ("amount", "1000")]).await;
    assert_eq!((&part.json["status"], &part.json["amount"]), (&json!("succeeded"), &json!(1000)));
    let over = shop.post("/v1/refunds", &[("payment_intent", &intent), ("amount", "2000")]).await;
    assert_eq!((over.status, over.json["error"]["param"].as_str()), (400, Some("amount")));
    let rest =
        shop.post("/v1/refunds", &[("payment_intent", &intent), ("reason", "requested_by_customer")]).await;
    assert_eq!(rest.json["amount"], 1999);
    let again = shop.post("/v1/refunds", &[("payment_intent", &intent)]).await;
    assert_eq!(again.code(), "charge_already_refunded");
    let charge = rest.json["charge"].as_str().unwrap();
    let charge = shop.get(&format!("/v1/charges/{charge}?expand[]=refunds")).await.json;
    assert_eq!((&charge["refunded"], &charge["amount_refunded"]), (&json!(true), &json!(2999)));
    assert_eq!(strings(&charge["refunds"]["data"], "id"), [rest.id(), part.id()]);
    let listed = shop.get(&format!("/v1/refunds?payment_intent={intent}")).await.json;
    assert_eq!(listed["data"].as_array().unwrap().len(), 2);
    let updated =
        async || shop.event_types().await.iter().filter(|kind| *kind == "refund.updated").count() == 2;
    eventually(SOON, "refund.updated", updated).await;
    let types = shop.event_types().await;
    assert_eq!(types[4..6], ["refund.created", "charge.refunded"]);
    let books = shop.control(reqwest::Method::GET, "books", json!({})).await.json;
    assert_eq!(
        (&books["totals"]["usd"]["refunded"], &books["totals"]["usd"]["net"]),
        (&json!(2999), &json!(0))
    );
}

#[tokio::test]
async fn only_what_was_captured_is_refunded() {
    let shop = Shop::open().await;
    let session = shop.session().await;
    let declined = shop.pay(&session, json!({ "card": "4000000000000002" })).await;
    let intent = declined.json["session"]["payment_intent"].as_str().unwrap();
    let refused = shop.post("/v1/refunds", &[("payment_intent", intent)]).await;
    assert_eq!((refused.status, refused.code()), (400, "charge_not_refundable"));
    assert_eq!(shop.post("/v1/refunds", &[("charge", "ch_none")]).await.code(), "resource_missing");
    assert_eq!(shop.post("/v1/refunds", &[]).await.code(), "parameter_missing");
    assert_eq!(
        shop.post("/v1/refunds", &[("charge", "ch_none"), ("amount", "0")]).await.code(),
        "parameter_invalid_integer"
    );
}

#[tokio::test]
async fn customers_come_and_go() {
    let shop = Shop::open().await;
    let created =
        shop.post("/v1/customers", &[("email", "ada@example.com"), ("address[city]", "Graz")]).await;
    let path = format!("/v1/customers/{}", created.id());
    assert_eq!(created.json["address"]["city"], "Graz");
    let updated = shop.post(&path, &[("name", "Ada"), ("email", "")]).await;
    assert_eq!((&updated.json["name"], &updated.json["email"]), (&json!("Ada"), &Value::Null));
    let session = shop.create(&[("customer", &created.id())]).await;
    assert_eq!(session.json["customer"], created.id());
    let deleted = shop.send(shop.request(reqwest::Method::DELETE, &path)).await;
    assert_eq!(deleted.json["deleted"], true);
    assert_eq!(shop.get(&path).await.json["deleted"], true);
    assert_eq!(shop.post(&path, &[("name", "Eve")]).await.status, 404);
    assert!(shop.get("/v1/customers").await.json["data"].as_array().unwrap().is_empty());
}

#[tokio::test]
async fn payment_methods_are_made_from_test_cards() {
    let shop = Shop::open().await;
    let form = [
        ("type", "card"),
        ("card[number]", "4000000000009995"),
        ("card[exp_month]", "5"),
        ("card[exp_year]", "2031"),
        ("billing_details[name]", "Ada"),
    ];
    let method = shop.post("/v1/payment_methods", &form).await;
    assert_eq!(method.json["card"]["last4"], "9995");
    assert!(!method.json.to_string().contains("4000000000009995"));
    let form =
        [("amount", "500"), ("currency", "usd"), ("payment_method", &method.id()), ("confirm", "true")];
    let declined = shop.post("/v1/payment_intents", &form).await;
    assert_eq!(declined.json["error"]["decline_code"], "insufficient_funds");
    assert_eq!(shop.get(&format!("/v1/payment_methods/{}", method.id())).await.status, 200);
}
