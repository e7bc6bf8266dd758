//! PayPal's endings: approved, cancelled, and decided later.

use tests_e2e::world::World;

#[tokio::test]
async fn approved() {
    let world = World::start().await;
    let guest = world.guest();
    let checkout = guest.checkout_by("paypal", &[("mug", 1)]).await;
    assert_eq!(world.sandbox.paypal(&checkout.session, "approve").await["outcome"], "paid");
    let order = guest.sees(&checkout, "paid", "succeeded").await;
    assert_eq!(order["payment"]["method"], "paypal");
    world.ending().await.paid_once(&checkout.order, vec![format!("order_confirmed {}", checkout.order)]);
}

#[tokio::test]
async fn cancelled_at_paypal_and_approved_at_the_second_try() {
    let world = World::start().await;
    let guest = world.guest();
    let checkout = guest.checkout_by("paypal", &[("mug", 1)]).await;
    assert_eq!(world.sandbox.paypal(&checkout.session, "cancel").await["outcome"], "cancelled");
    guest.sees(&checkout, "pending", "failed").await;
    let payment = world.payments_of(&checkout.order).await.remove(0);
    world.mailed("payment_failed", &payment).await;

    world.sandbox.paypal(&checkout.session, "approve").await;
    guest.sees(&checkout, "paid", "succeeded").await;
    let mails = vec![format!("order_confirmed {}", checkout.order), format!("payment_failed {payment}")];
    world.ending().await.paid_once(&checkout.order, mails);
}

#[tokio::test]
async fn a_delayed_failure_can_be_paid_anew() {
    let world = World::start().await;
    let guest = world.guest();
    let first = guest.checkout_by("paypal", &[("mug", 1)]).await;
    assert_eq!(world.sandbox.paypal(&first.session, "delayed_failure").await["outcome"], "processing");
    guest.sees(&first, "pending", "processing").await;
    let (status, answer) = guest.try_retry(&first).await;
    assert_eq!((status.as_u16(), &answer["code"]), (409, &"payment_processing".into()), "{answer}");

    world.sandbox.settle(&first.session).await;
    guest.sees(&first, "pending", "failed").await;
    let failed = world.payments_of(&first.order).await.remove(0);
    world.mailed("payment_failed", &failed).await;
    let second = guest.retry(&first).await;
    assert_ne!(second.session, first.session);
    world.sandbox.paypal(&second.session, "approve").await;
    guest.sees(&first, "paid", "succeeded").await;

    let mails = vec![format!("order_confirmed {}", first.order), format!("payment_failed {failed}")];
    world.ending().await.paid_once(&first.order, mails);
}

#[tokio::test]
async fn a_delayed_success() {
    let world = World::start().await;
    let guest = world.guest();
    let checkout = guest.checkout_by("paypal", &[("mug", 1)]).await;
    world.sandbox.paypal(&checkout.session, "delayed_success").await;
    guest.sees(&checkout, "pending", "processing").await;
    world.sandbox.settle(&checkout.session).await;
    guest.sees(&checkout, "paid", "succeeded").await;
    world.ending().await.paid_once(&checkout.order, vec![format!("order_confirmed {}", checkout.order)]);
}
