//! What an operator does: seed, stop, start.

use tests_e2e::world::{World, cards};

#[tokio::test]
async fn the_seed_command_can_run_twice() {
    let world = World::start().await;
    let before = world.guest().products().await.len();
    world.order_command("seed").run().await;
    let seeded = world.guest().products().await;
    assert!(seeded.len() > before, "{seeded:?}");
    world.order_command("seed").run().await;
    assert_eq!(world.guest().products().await, seeded);
    world.ending().await;
}

#[tokio::test]
async fn a_termination_in_the_middle_of_a_purchase_loses_nothing() {
    let mut world = World::start().await;
    let guest = world.guest();
    let checkout = guest.checkout(&[("mug", 1)]).await;
    for service in [&mut world.notifications, &mut world.orders] {
        assert!(service.terminate().await.success(), "{}:\n{}", service.name(), service.log());
    }
    world.sandbox.pay(&checkout.session, cards::PAYS).await;
    assert!(world.payments.terminate().await.success(), "{}", world.payments.log());
    for service in [&mut world.payments, &mut world.orders, &mut world.notifications] {
        service.restart().await;
    }
    guest.sees(&checkout, "paid", "succeeded").await;
    world.ending().await.paid_once(&checkout.order, vec![format!("order_confirmed {}", checkout.order)]);
}
