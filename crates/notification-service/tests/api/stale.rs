//! News of a declined attempt is not mailed once the purchase is paid, in whatever order the events came.

use test_support::Mood;

use crate::app::World;
use crate::publish::{failed, order, paid, payment, successful};

#[tokio::test]
async fn a_failure_that_arrives_after_the_success_is_not_mailed() {
    let world = World::new().await;
    let app = world.start().await;
    let order = order("Cup");
    let payment = payment(order.order_id, "insufficient_funds");
    world.publisher.publish(&successful(payment.clone())).await;
    world.applied(1).await;
    world.publisher.publish(&failed(payment)).await;
    world.in_state("skipped", 1).await;
    world.publisher.publish(&paid(order)).await;
    let mails = world.mails(1).await;
    assert_eq!(mails[0].subject, "Order T-26-000042 is confirmed");
    app.stop().await;
    assert_eq!(world.mails.offered().len(), 1);
    world.assert_settled().await;
}

#[tokio::test]
async fn a_failure_that_could_not_be_sent_before_the_success_is_dropped() {
    let world = World::new().await;
    let app = world.start().await;
    world.mails.set_mood(Mood::Refuse);
    let order = order("Cup");
    let payment = payment(order.order_id, "insufficient_funds");
    world.publisher.publish(&failed(payment.clone())).await;
    test_support::eventually(crate::app::PATIENCE, "a refusal", async || !world.mails.offered().is_empty())
        .await;
    world.publisher.publish(&successful(payment)).await;
    world.applied(2).await;
    world.mails.set_mood(Mood::Accept);
    world.clock.advance(time::Duration::minutes(1));
    world.in_state("skipped", 1).await;
    app.stop().await;
    assert!(world.mails.accepted().is_empty());
    world.assert_settled().await;
}
