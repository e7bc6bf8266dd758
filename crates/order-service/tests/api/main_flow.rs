//! From checkout to 'paid', by the events of payment-service.

use events::{PaymentCreated, PaymentFailed, PaymentSuccessful};
use kernel::{Clock, OrderId, SystemClock};
use serde_json::json;
use test_support::eventually;

use crate::support::kafka::event;
use crate::support::world::SOON;
use crate::support::{AtStripe, World, cart, order_id};

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_checks_out_and_the_event_makes_the_order_paid() {
    let world = World::start().await;
    let guest = world.guest().await;
    let body = guest.checkout(&cart(&[("tea", 2), ("cup", 1)])).await.expect(200);
    let id = order_id(&body);
    assert_eq!(body["id"], body["sessionId"]);
    assert_eq!(body["url"], format!("https://pay.example/{}", body["sessionId"].as_str().unwrap()));
    assert!(body["orderToken"].is_string());
    let order = &body["order"];
    assert_eq!(order["orderNumber"], body["orderNumber"]);
    assert_eq!((&order["status"], &order["paymentStatus"]), (&json!("pending"), &json!("pending")));
    assert_eq!(order["user"], "guest");
    assert_eq!(order["total"].to_string(), "69.98");
    assert_eq!(order["amount"], 6998);
    assert_eq!(order["pricing"], json!({"subtotal": 69.98, "shipping": 0.00, "total": 69.98}));
    assert_eq!(order["payment"]["attempts"], 1);
    assert_eq!(world.stock("tea").await, (10, 2));

    let ensure = world.payments.last_ensure();
    assert_eq!(ensure.success_url, "https://shop.example/success?session_id={CHECKOUT_SESSION_ID}");
    assert_eq!(ensure.cancel_url, format!("https://shop.example/cart?order_id={id}"));
    assert_eq!(ensure.amount, 6998);

    world.payments.at_stripe(id, AtStripe::Paid);
    let payment = world.payments.hear(id).remove(0);
    let paid = event(PaymentSuccessful { payment, payment_method: "card".to_owned(), receipt_url: None });
    world.publisher.send(&paid).await;
    let order = world.until_status(id, "paid").await;
    assert_eq!(order["paymentStatus"], "succeeded");
    assert_eq!(order["payment"]["lastError"], json!(null));
    assert_eq!(world.stock("tea").await, (8, 0));

    let created = world.events("order.created", &id.to_string()).await;
    assert_eq!((created.len(), &created[0]["data"]["sequence"]), (1, &json!(1)));
    let paid = world.events("order.paid", &id.to_string()).await;
    assert_eq!((paid.len(), &paid[0]["data"]["sequence"]), (1, &json!(2)));
    assert_eq!(paid[0]["data"]["email"], "ada@example.com");
    assert_eq!(paid[0]["data"]["status"], "paid");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn declined_then_paid_in_the_same_session() {
    let world = World::start().await;
    let guest = world.guest().await;
    let body = guest.checkout(&cart(&[("tea", 1)])).await.expect(200);
    let id = order_id(&body);
    world.payments.at_stripe(id, AtStripe::Declined);
    let payment = world.payments.hear(id).remove(0);
    let declined = event(PaymentFailed {
        payment,
        reason: "Your card has insufficient funds.".to_owned(),
        decline_code: Some("insufficient_funds".to_owned()),
        retryable: true,
    });
    world.publisher.send(&declined).await;
    let order = world.until(id, |order| order["paymentStatus"] == "failed").await;
    assert_eq!(order["status"], "pending");
    let error = &order["payment"]["lastError"];
    assert_eq!(error["declineCode"], "insufficient_funds");
    let advice = kernel::decline::advice(Some("insufficient_funds"), "card_declined");
    assert_eq!(error["recommendation"], advice.recommendation);

    world.payments.at_stripe(id, AtStripe::Paid);
    let payment = world.payments.hear(id).remove(0);
    let paid = event(PaymentSuccessful { payment, payment_method: "card".to_owned(), receipt_url: None });
    world.publisher.send(&paid).await;
    let order = world.until_status(id, "paid").await;
    assert_eq!(order["payment"]["lastError"], json!(null));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_that_was_reported_reads_like_any_refused_one() {
    let world = World::start().await;
    let body = world.guest().await.checkout(&cart(&[("tea", 1)])).await.expect(200);
    let id = order_id(&body);
    world.payments.at_stripe(id, AtStripe::Declined);
    let mut payment = world.payments.hear(id).remove(0);
    for code in ["lost_card", "stolen_card", "fraudulent"] {
        payment.sequence += 1;
        payment.declines += 1;
        payment.last_error = Some(events::LastError {
            code: "card_declined".to_owned(),
            decline_code: Some(code.to_owned()),
            message: String::new(),
            retryable: false,
        });
        let (declines, reason) = (payment.declines, "declined".to_owned());
        let payment = payment.clone();
        let declined =
            PaymentFailed { payment, reason, decline_code: Some(code.to_owned()), retryable: false };
        world.publisher.send(&event(declined)).await;
        let stored = format!("SELECT CAST(declines AS bigint) FROM order_payments WHERE order_id = '{id}'");
        eventually(SOON, code, async || world.database.number(&stored).await == i64::from(declines)).await;
        let order = world.order(id).await;
        assert_eq!(order["payment"]["lastError"]["declineCode"], "generic_decline");
        assert!(!order.to_string().contains(code), "{order:#}");
    }
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_makes_the_order_of_a_purchase_begun_elsewhere() {
    let world = World::start().await;
    let id = OrderId::generate(&SystemClock);
    let lines = vec![
        events::LineItem {
            product_id: None,
            name: "Green Tea".to_owned(),
            quantity: 2,
            price: "29.99".parse().unwrap(),
            unit_amount: 2999,
            image: None,
        },
        events::LineItem {
            product_id: None,
            name: "Something Else".to_owned(),
            quantity: 1,
            price: "1.00".parse().unwrap(),
            unit_amount: 100,
            image: None,
        },
    ];
    let payment = world.payments.direct(id, "guest", lines, 6098);
    world
        .publisher
        .send(&event(PaymentCreated {
            payment,
            url: Some("https://pay.example/x".to_owned()),
            expires_at: SystemClock.now() + time::Duration::minutes(31),
            shipping_address: None,
        }))
        .await;
    let order = world.until_status(id, "pending").await;
    assert_eq!(order["amount"], 6098);
    assert_eq!(order["items"][0]["productId"], "tea");
    assert_eq!(order["items"][1]["productId"], json!(null));
    assert_eq!(order["email"], "direct@example.com");
    assert_eq!(world.stock("tea").await, (10, 2));
    assert_eq!(world.events("order.created", &id.to_string()).await.len(), 1);
    world.end().await;
}
