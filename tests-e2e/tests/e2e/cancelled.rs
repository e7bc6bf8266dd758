//! The customer changes their mind before paying.

use tests_e2e::world::{World, cards};

#[tokio::test]
async fn a_cancelled_order_can_no_longer_be_paid() {
    let world = World::start().await;
    let guest = world.guest();
    let checkout = guest.checkout(&[("rare", 1)]).await;
    let (status, order) = guest.cancel(&checkout).await;
    assert!(status == 200 || status == 202, "{status} {order}");
    guest.sees(&checkout, "cancelled", "expired").await;
    assert_eq!(guest.available("rare").await, 1);
    let refused = world.sandbox.try_pay(&checkout.session, cards::PAYS).await;
    assert_eq!(refused, 400, "a cancelled order's Session cannot be paid");
    let ending = world.ending().await;
    assert!(ending.captures.is_empty(), "{ending:?}");
    assert_eq!(ending.mails, [format!("order_cancelled {}", checkout.order)]);
}
