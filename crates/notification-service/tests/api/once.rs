//! One mail per kind and subject.

use test_support::{Mood, TestDatabase};

use crate::app::{World, migrate};
use crate::publish::{cancelled, expired, failed, order, paid, payment};

#[tokio::test]
async fn every_kind_of_event_is_one_mail() {
    let world = World::new().await;
    let app = world.start().await;
    let order = order("Cup");
    world.publisher.publish(&failed(payment(order.order_id, "insufficient_funds"))).await;
    world.mails(1).await;
    world.publisher.publish(&cancelled(order.clone())).await;
    world.publisher.publish(&expired(order.clone())).await;
    world.publisher.publish(&paid(order)).await;
    let mut subjects: Vec<_> = world.mails(4).await.into_iter().map(|mail| mail.subject).collect();
    subjects.sort();
    assert_eq!(
        subjects,
        [
            "Order T-26-000042 has expired",
            "Order T-26-000042 is confirmed",
            "Order T-26-000042 was cancelled",
            "Your payment did not go through: your order is waiting",
        ]
    );
    world.in_state("sent", 4).await;
    app.stop().await;
    world.assert_settled().await;
}

/// The same event again (same id), and the same news in another event (another id).
#[tokio::test]
async fn duplicates_are_no_second_mail() {
    let world = World::new().await;
    let app = world.start().await;
    let order = order("Cup");
    let payment = payment(order.order_id, "insufficient_funds");
    let declined = failed(payment.clone());
    world.publisher.publish(&declined).await;
    world.mails(1).await;
    let confirmed = paid(order.clone());
    for _ in 0..20 {
        world.publisher.publish(&declined).await;
        world.publisher.publish(&confirmed).await;
    }
    world.publisher.publish(&failed(payment)).await;
    world.publisher.publish(&paid(order)).await;
    world.applied(4).await;
    world.in_state("sent", 2).await;
    app.stop().await;
    assert_eq!(world.mails.accepted().len(), 2);
    // Each send is preceded by a claim that counts: this is what tells a second one where mails are files.
    assert_eq!(world.database.number("SELECT count(*) FROM notifications WHERE attempts <> 1").await, 0);
    world.assert_settled().await;
}

#[tokio::test]
async fn two_instances_share_the_work() {
    let world = World::new().await;
    let (one, two) = (world.start().await, world.start().await);
    for at in 0..40 {
        world.publisher.publish(&paid(order(&format!("Cup {at}")))).await;
    }
    world.mails(40).await;
    world.in_state("sent", 40).await;
    one.stop().await;
    two.stop().await;
    let mut ids: Vec<_> = world.mails.accepted().into_iter().map(|mail| mail.message_id).collect();
    ids.sort();
    ids.dedup();
    assert_eq!((ids.len(), world.mails.accepted().len()), (40, 40));
    world.assert_settled().await;
}

#[tokio::test]
async fn guests_without_an_address_are_skipped_by_name() {
    let world = World::new().await;
    let app = world.start().await;
    let mut nobody = order("Cup");
    nobody.email = None;
    let mut nowhere = order("Cup");
    nowhere.email = Some("no\r\nBcc: all@example.com".into());
    world.publisher.publish(&paid(nobody)).await;
    world.publisher.publish(&paid(nowhere)).await;
    world.in_state("skipped", 2).await;
    for reason in ["recipient_missing", "recipient_invalid"] {
        let sql = format!("SELECT count(*) FROM notifications WHERE last_error = '{reason}'");
        assert_eq!(world.database.number(&sql).await, 1, "{reason}");
    }
    app.stop().await;
    assert!(world.mails.offered().is_empty());
    world.assert_settled().await;
}

/// The demo's database.
#[tokio::test]
async fn sqlite_does_as_well() {
    let world = World::with_database(TestDatabase::sqlite(migrate).await).await;
    let app = world.start().await;
    let order = order("Cup");
    world.publisher.publish(&failed(payment(order.order_id, "insufficient_funds"))).await;
    world.mails(1).await;
    world.mails.set_mood(Mood::Refuse);
    world.publisher.publish(&paid(order.clone())).await;
    world.publisher.publish(&paid(order)).await;
    world.applied(3).await;
    world.in_state("pending", 1).await;
    world.mails.set_mood(Mood::Accept);
    world.clock.advance(time::Duration::minutes(5));
    world.in_state("sent", 2).await;
    app.stop().await;
    assert_eq!(world.mails.accepted().len(), 2);
    world.assert_settled().await;
}

#[tokio::test]
async fn a_mail_sent_long_ago_is_forgotten() {
    let world = World::new().await;
    let app = world.start().await;
    world.publisher.publish(&paid(order("Cup"))).await;
    world.mails(1).await;
    world.in_state("sent", 1).await;
    app.stop().await;
    world.clock.advance(time::Duration::days(61));
    let app = world.start().await;
    world.in_state("sent", 0).await;
    app.stop().await;
    assert_eq!(world.mails.accepted().len(), 1);
    world.assert_settled().await;
}
