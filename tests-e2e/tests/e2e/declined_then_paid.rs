//! A decline does not end a Session: the customer tries another card on the same page.

use tests_e2e::world::{World, cards};

#[tokio::test]
async fn fault_33_two_declines_then_paid_in_the_same_session() {
    let world = World::start().await;
    let guest = world.guest();
    let checkout = guest.checkout(&[("mug", 1)]).await;

    assert_eq!(world.sandbox.pay(&checkout.session, cards::NO_FUNDS).await["outcome"], "declined");
    let order = guest.sees(&checkout, "pending", "failed").await;
    let error = &order["payment"]["lastError"];
    assert_eq!(
        (&error["code"], &error["declineCode"]),
        (&"card_declined".into(), &"insufficient_funds".into())
    );
    assert!(
        error["retryable"] == true && error["recommendation"].as_str().is_some_and(|text| !text.is_empty()),
        "{error}"
    );
    let payment = world.payments_of(&checkout.order).await.remove(0);
    world.mailed("payment_failed", &payment).await;

    world.sandbox.pay(&checkout.session, cards::DECLINED).await;
    world.sandbox.pay(&checkout.session, cards::PAYS).await;
    let order = guest.sees(&checkout, "paid", "succeeded").await;
    assert!(order["payment"]["lastError"].is_null(), "{order}");

    let mails = vec![format!("order_confirmed {}", checkout.order), format!("payment_failed {payment}")];
    world.ending().await.paid_once(&checkout.order, mails);
}
