//! Every object through async-stripe's typed client: a missing required field would fail its parse.

use std::collections::HashMap;

use serde_json::json;
use stripe::{Client, ClientBuilder, IdempotencyKey, RequestStrategy, StripeError, StripeRequest as _};
use stripe_checkout::checkout_session::{
    CreateCheckoutSession, CreateCheckoutSessionCustomerCreation, CreateCheckoutSessionLineItems,
    CreateCheckoutSessionLineItemsPriceData, CreateCheckoutSessionPaymentIntentData, ExpireCheckoutSession,
    ListCheckoutSession, ListLineItemsCheckoutSession, ProductData, RetrieveCheckoutSession,
};
use stripe_core::charge::{ListCharge, RetrieveCharge};
use stripe_core::customer::{CreateCustomer, DeleteCustomer, ListCustomer, RetrieveCustomer};
use stripe_core::event::{ListEvent, RetrieveEvent};
use stripe_core::payment_intent::{
    CancelPaymentIntent, ConfirmPaymentIntent, CreatePaymentIntent, ListPaymentIntent, RetrievePaymentIntent,
    UpdatePaymentIntent,
};
use stripe_core::refund::{CreateRefund, ListRefund, RetrieveRefund};
use stripe_shared::{
    CheckoutSession, CheckoutSessionMode, CheckoutSessionPaymentStatus, CheckoutSessionStatus, Event,
    PaymentIntentStatus,
};
use stripe_types::{Currency, RangeQueryTs};

use crate::support::{KEY, Shop};

fn client(shop: &Shop) -> Client {
    ClientBuilder::new(KEY).url(shop.url.as_str()).build().unwrap()
}

fn new_session() -> CreateCheckoutSession {
    let mut price = CreateCheckoutSessionLineItemsPriceData::new(Currency::USD);
    price.unit_amount = Some(1250);
    let mut product = ProductData::new("Cups & saucers");
    product.description = Some("Two of each".into());
    product.images = Some(vec!["https://shop.example/cup.png".into()]);
    price.product_data = Some(product);
    let mut line = CreateCheckoutSessionLineItems::new();
    line.price_data = Some(price);
    line.quantity = Some(2);
    let mut intent = CreateCheckoutSessionPaymentIntentData::new();
    intent.metadata = Some(HashMap::from([("payment".into(), "p-1".into())]));
    CreateCheckoutSession::new()
        .mode(CheckoutSessionMode::Payment)
        .line_items(vec![line])
        .success_url("https://shop.example/ok?session_id={CHECKOUT_SESSION_ID}")
        .cancel_url("https://shop.example/no")
        .customer_creation(CreateCheckoutSessionCustomerCreation::Always)
        .metadata(HashMap::from([("order".into(), "o-1".into())]))
        .payment_intent_data(intent)
}

async fn retrieve(client: &Client, id: &str) -> CheckoutSession {
    let paths = ["payment_intent.latest_charge", "payment_intent.payment_method", "line_items", "customer"];
    let expand = paths.map(str::to_owned).to_vec();
    RetrieveCheckoutSession::new(id).expand(expand).send(client).await.unwrap()
}

#[tokio::test]
async fn checkout_sessions() {
    let shop = Shop::open().await;
    let client = client(&shop);
    let created = new_session().expand(vec!["line_items".into()]).send(&client).await.unwrap();
    assert_eq!(created.amount_total, Some(2500));
    assert_eq!(created.line_items.unwrap().data[0].description.as_deref(), Some("Cups & saucers"));
    let id = created.id.as_str();
    let items = ListLineItemsCheckoutSession::new(id).send(&client).await.unwrap();
    assert_eq!(items.data[0].quantity, Some(2));

    shop.pay(id, json!({ "card": "4000000000000119" })).await;
    let declined = retrieve(&client, id).await;
    let intent = declined.payment_intent.as_ref().unwrap().as_object().unwrap();
    let error = intent.last_payment_error.as_ref().unwrap();
    assert_eq!(error.code.as_ref().unwrap().as_str(), "processing_error");
    assert!(error.payment_method.is_some());

    shop.pay(id, json!({ "card": "4000002500003155" })).await;
    let asked = retrieve(&client, id).await;
    assert!(asked.payment_intent.unwrap().as_object().unwrap().next_action.is_some());

    shop.pay(id, json!({ "card": "5555555555554444" })).await;
    let paid = retrieve(&client, id).await;
    assert_eq!(paid.status, Some(CheckoutSessionStatus::Complete));
    assert_eq!(paid.payment_status, CheckoutSessionPaymentStatus::Paid);
    assert!(paid.customer.as_ref().unwrap().is_object());
    let intent = paid.payment_intent.unwrap().into_object().unwrap();
    assert_eq!(intent.metadata["payment"], "p-1");
    let charge = intent.latest_charge.unwrap().into_object().unwrap();
    assert_eq!(charge.payment_method_details.unwrap().card.unwrap().brand.as_deref(), Some("mastercard"));

    let open = new_session().send(&client).await.unwrap();
    let expired = ExpireCheckoutSession::new(open.id.as_str()).send(&client).await.unwrap();
    assert_eq!(expired.status, Some(CheckoutSessionStatus::Expired));
    let list = ListCheckoutSession::new().limit(10).expand(vec!["data.payment_intent".into()]);
    assert_eq!(list.send(&client).await.unwrap().data.len(), 2);
}

#[tokio::test]
async fn paypal_charges_and_refunds() {
    let shop = Shop::open().await;
    let client = client(&shop);
    let session = new_session().send(&client).await.unwrap();
    let id = session.id.as_str();
    let processing = shop.pay(id, json!({ "paymentMethod": "paypal", "outcome": "delayed_success" })).await;
    let session = retrieve(&client, id).await;
    let intent = session.payment_intent.unwrap().into_object().unwrap();
    assert_eq!(intent.status, PaymentIntentStatus::Processing);
    assert!(intent.latest_charge.unwrap().is_object());
    let settle = processing.json["session"]["payment_intent"].as_str().unwrap();
    shop.control(reqwest::Method::POST, &format!("payment_intents/{settle}/settle"), json!({})).await;
    let refund =
        CreateRefund::new().payment_intent(intent.id.as_str()).amount(500).send(&client).await.unwrap();
    assert_eq!((refund.amount, refund.status.as_deref()), (500, Some("succeeded")));
    let refund =
        RetrieveRefund::new(refund.id.as_str()).expand(vec!["charge".into(), "payment_intent".into()]);
    let charge = refund.send(&client).await.unwrap().charge.unwrap().into_object().unwrap();
    assert_eq!(charge.amount_refunded, 500);
    let list = ListRefund::new().payment_intent(intent.id.as_str()).send(&client).await.unwrap();
    assert_eq!(list.data.len(), 1);
}

#[tokio::test]
async fn payment_intents_and_charges() {
    let shop = Shop::open().await;
    let client = client(&shop);
    let intent =
        CreatePaymentIntent::new(1999, Currency::EUR).description("cups").send(&client).await.unwrap();
    assert_eq!(intent.amount_capturable, 0);
    let id = intent.id.as_str();
    let updated = UpdatePaymentIntent::new(id).amount(2500).send(&client).await.unwrap();
    assert_eq!(updated.amount, 2500);
    let declined = ConfirmPaymentIntent::new(id).payment_method("pm_card_chargeDeclined").send(&client).await;
    let StripeError::Stripe(error, status) = declined.unwrap_err() else { panic!("not Stripe's error") };
    assert_eq!((status, error.decline_code.as_deref()), (402, Some("generic_decline")));
    assert_eq!(error.payment_intent.unwrap().id.as_str(), id);
    let asked = ConfirmPaymentIntent::new(id)
        .payment_method("pm_card_authenticationRequired")
        .return_url("https://shop.example/back")
        .send(&client)
        .await
        .unwrap();
    assert!(asked.next_action.unwrap().redirect_to_url.is_some());
    let paid = ConfirmPaymentIntent::new(id).payment_method("pm_card_visa").send(&client).await.unwrap();
    assert_eq!(paid.status, PaymentIntentStatus::Succeeded);
    let charges = ListCharge::new().payment_intent(id).send(&client).await.unwrap();
    assert_eq!(charges.data.iter().filter(|charge| charge.paid).count(), 1);
    let charge = RetrieveCharge::new(charges.data[0].id.as_str()).expand(vec!["refunds".into()]);
    assert!(charge.send(&client).await.unwrap().refunds.is_some());
    let other = CreatePaymentIntent::new(500, Currency::JPY).send(&client).await.unwrap();
    let cancelled = CancelPaymentIntent::new(other.id.as_str()).send(&client).await.unwrap();
    assert_eq!(cancelled.status, PaymentIntentStatus::Canceled);
    let retrieved =
        RetrievePaymentIntent::new(id).expand(vec!["payment_method".into()]).send(&client).await.unwrap();
    assert!(retrieved.payment_method.unwrap().is_object());
    assert_eq!(ListPaymentIntent::new().send(&client).await.unwrap().data.len(), 2);
}

#[tokio::test]
async fn customers() {
    let shop = Shop::open().await;
    let client = client(&shop);
    let created = CreateCustomer::new().email("ada@example.com").name("Ada").send(&client).await.unwrap();
    RetrieveCustomer::new(created.id.as_str()).send(&client).await.unwrap();
    assert_eq!(ListCustomer::new().email("ada@example.com").send(&client).await.unwrap().data.len(), 1);
    DeleteCustomer::new(created.id.as_str()).send(&client).await.unwrap();
    RetrieveCustomer::new(created.id.as_str()).send(&client).await.unwrap();
}

#[tokio::test]
async fn events_hold_objects_that_parse() {
    let shop = Shop::open().await;
    let client = client(&shop);
    let session = new_session().send(&client).await.unwrap();
    shop.pay(session.id.as_str(), json!({ "card": "4000000000000002" })).await;
    shop.pay(session.id.as_str(), json!({ "card": "4242424242424242" })).await;
    let list =
        ListEvent::new().created(RangeQueryTs::gte(session.created)).limit(100).send(&client).await.unwrap();
    assert_eq!(list.data.len(), 7);
    let completed =
        ListEvent::new().types(vec!["checkout.session.completed".into()]).send(&client).await.unwrap();
    let event: Event = RetrieveEvent::new(completed.data[0].id.as_str()).send(&client).await.unwrap();
    assert_eq!(event.type_.as_str(), "checkout.session.completed");
    assert_eq!(ListEvent::new().delivery_success(false).send(&client).await.unwrap().data.len(), 0);
}

#[tokio::test]
async fn pages_are_followed_and_keys_replayed() {
    let shop = Shop::open().await;
    let client = client(&shop);
    let strategy = || RequestStrategy::Idempotent(IdempotencyKey::new("attempt-1").unwrap());
    let first = new_session().customize().request_strategy(strategy()).send(&client).await.unwrap();
    let second = new_session().customize().request_strategy(strategy()).send(&client).await.unwrap();
    assert_eq!(first.id, second.id);
    for _ in 0..4 {
        new_session().send(&client).await.unwrap();
    }
    let all = ListCheckoutSession::new().limit(2).paginate().stream(&client);
    let all: Vec<_> = futures::TryStreamExt::try_collect(all).await.unwrap();
    assert_eq!(all.len(), 5);
}
