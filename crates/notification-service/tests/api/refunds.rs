//! Late and excess money: what its customer reads.

use crate::app::World;
use crate::publish::{BUYER, cancelled, order, paid, payment, refunded};

const REFUNDED: &str = "We have refunded your payment";

#[tokio::test]
async fn a_refund_is_told_once_when_the_money_went_back() {
    let world = World::new().await;
    let app = world.start().await;
    let payment = payment(order("Cup").order_id, "");
    // Under way, back, and the same again as another event; another that fails.
    for (id, status) in
        [("re_1", "pending"), ("re_1", "succeeded"), ("re_1", "succeeded"), ("re_2", "failed")]
    {
        world.publisher.publish(&refunded(payment.clone(), id, 1999, status, "late")).await;
    }
    world.applied(4).await;
    world.in_state("sent", 1).await;
    app.stop().await;
    let mails = world.mails.accepted();
    assert_eq!(mails.len(), 1);
    assert_eq!((mails[0].to.as_str(), mails[0].subject.as_str()), (BUYER, REFUNDED));
    for form in [&mails[0].text, &mails[0].html] {
        assert!(form.contains("$19.99"), "the refund's sum: {form}");
        assert!(!form.contains("$59.98"), "not the order's: {form}");
        assert!(form.contains("after the order had ended"), "{form}");
    }
    world.assert_settled().await;
}

#[tokio::test]
async fn a_refund_in_two_parts_is_two_mails_with_their_own_sums() {
    let world = World::new().await;
    let app = world.start().await;
    let payment = payment(order("Cup").order_id, "");
    for (id, amount) in [("re_1", 1000), ("re_2", 4998)] {
        world.publisher.publish(&refunded(payment.clone(), id, amount, "succeeded", "excess")).await;
    }
    let mails = world.mails(2).await;
    app.stop().await;
    for sum in ["$10.00", "$49.98"] {
        assert_eq!(mails.iter().filter(|mail| mail.text.contains(sum)).count(), 1, "{sum}");
    }
    assert!(mails.iter().all(|mail| mail.text.contains("one too many")));
    world.assert_settled().await;
}

#[tokio::test]
async fn an_order_that_is_paid_after_its_end_is_confirmed_after_all_once() {
    let world = World::new().await;
    let app = world.start().await;
    let ended = order("Cup");
    let revived = events::OrderSnapshot { sequence: 3, ..ended.clone() };
    world.publisher.publish(&cancelled(ended)).await;
    world.in_state("sent", 1).await;
    world.publisher.publish(&paid(revived.clone())).await;
    world.in_state("sent", 2).await;
    // Read again with the inbox purged, it is the same mail.
    world.publisher.publish(&paid(revived)).await;
    world.applied(3).await;
    world.in_state("sent", 2).await;
    app.stop().await;
    let mails = world.mails.accepted();
    let subjects: Vec<_> = mails.iter().map(|mail| mail.subject.as_str()).collect();
    assert_eq!(subjects, ["Order T-26-000042 was cancelled", "Order T-26-000042 is confirmed after all"]);
    assert!(mails[1].text.contains("$59.98"), "{}", mails[1].text);
    world.assert_settled().await;
}
