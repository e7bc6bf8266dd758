//! That an order ended unpaid is not mailed once it is paid, in whatever order the events came; what happened to it
//! after it was paid is.

use events::OrderSnapshot;
use test_support::{Mood, eventually};

use crate::app::{PATIENCE, World};
use crate::publish::{cancelled, expired, order, paid};

const CONFIRMED: &str = "Order T-26-000042 is confirmed";
const CANCELLED: &str = "Order T-26-000042 was cancelled";

/// The order as its snapshot of this number has it.
fn at(order: &OrderSnapshot, sequence: i64) -> OrderSnapshot {
    OrderSnapshot { sequence, ..order.clone() }
}

async fn skipped_as_paid(world: &World) -> i64 {
    let sql = "SELECT count(*) FROM notifications WHERE state = 'skipped' AND last_error = 'paid_meanwhile'";
    world.database.number(sql).await
}

fn subjects(world: &World) -> Vec<String> {
    let mut subjects: Vec<_> = world.mails.accepted().into_iter().map(|mail| mail.subject).collect();
    subjects.sort();
    subjects
}

#[tokio::test]
async fn an_end_that_arrives_after_the_payment_is_not_mailed() {
    let world = World::new().await;
    let app = world.start().await;
    let order = order("Cup");
    world.publisher.publish(&paid(at(&order, 4))).await;
    world.mails(1).await;
    world.publisher.publish(&expired(at(&order, 2))).await;
    world.publisher.publish(&cancelled(at(&order, 3))).await;
    world.in_state("skipped", 2).await;
    app.stop().await;
    assert_eq!(skipped_as_paid(&world).await, 2);
    let tried = "SELECT sum(attempts)::bigint FROM notifications WHERE state = 'skipped'";
    assert_eq!(world.database.number(tried).await, 0, "known to be outdated at the event");
    assert_eq!(world.mails.offered().len(), 1);
    world.assert_settled().await;
}

#[tokio::test]
async fn an_end_that_could_not_be_mailed_before_the_payment_is_dropped() {
    let world = World::new().await;
    let app = world.start().await;
    world.mails.set_mood(Mood::Refuse);
    let order = order("Cup");
    world.publisher.publish(&expired(at(&order, 2))).await;
    eventually(PATIENCE, "a refusal", async || !world.mails.offered().is_empty()).await;
    world.publisher.publish(&paid(at(&order, 4))).await;
    world.applied(2).await;
    // An older payment that comes late takes nothing back.
    world.publisher.publish(&paid(at(&order, 1))).await;
    world.applied(3).await;
    world.mails.set_mood(Mood::Accept);
    world.clock.advance(time::Duration::minutes(5));
    world.in_state("skipped", 1).await;
    world.in_state("sent", 1).await;
    app.stop().await;
    assert_eq!(skipped_as_paid(&world).await, 1);
    assert_eq!(subjects(&world), [CONFIRMED]);
    world.assert_settled().await;
}

#[tokio::test]
async fn an_order_that_is_cancelled_after_it_was_paid_is_mailed() {
    let world = World::new().await;
    let app = world.start().await;
    let order = order("Cup");
    world.publisher.publish(&cancelled(at(&order, 3))).await;
    world.mails(1).await;
    world.publisher.publish(&paid(at(&order, 2))).await;
    world.mails(2).await;
    world.in_state("sent", 2).await;
    app.stop().await;
    assert_eq!(subjects(&world), [CONFIRMED, CANCELLED]);
    world.assert_settled().await;
}

/// Cancelled, paid after all, and then cancelled for good, on the database of the demo too.
async fn the_second_end_is_mailed_when_the_first_was_not(world: World) {
    let app = world.start().await;
    let order = order("Cup");
    world.publisher.publish(&paid(at(&order, 3))).await;
    world.mails(1).await;
    world.publisher.publish(&cancelled(at(&order, 2))).await;
    world.in_state("skipped", 1).await;
    world.publisher.publish(&cancelled(at(&order, 5))).await;
    world.mails(2).await;
    world.in_state("sent", 2).await;
    world.publisher.publish(&cancelled(at(&order, 6))).await;
    world.applied(4).await;
    app.stop().await;
    assert_eq!(subjects(&world), [CONFIRMED, CANCELLED]);
    assert_eq!(world.database.number("SELECT count(*) FROM notifications WHERE attempts <> 1").await, 0);
    world.assert_settled().await;
}

#[tokio::test]
async fn an_order_that_ends_twice_is_mailed_about_once() {
    the_second_end_is_mailed_when_the_first_was_not(World::new().await).await;
}

#[tokio::test]
async fn an_order_that_ends_twice_is_mailed_about_once_on_sqlite() {
    let database = test_support::TestDatabase::sqlite(crate::app::migrate).await;
    the_second_end_is_mailed_when_the_first_was_not(World::with_database(database).await).await;
}

/// What could not be sent yet tells of the newest end, and is not lost with the first one.
#[tokio::test]
async fn an_end_that_waits_is_overtaken_by_the_next_one() {
    let world = World::new().await;
    let app = world.start().await;
    world.mails.set_mood(Mood::Refuse);
    let order = order("Cup");
    world.publisher.publish(&cancelled(at(&order, 2))).await;
    eventually(PATIENCE, "a refusal", async || !world.mails.offered().is_empty()).await;
    world.publisher.publish(&cancelled(at(&order, 5))).await;
    world.publisher.publish(&paid(at(&order, 3))).await;
    world.applied(3).await;
    world.mails.set_mood(Mood::Accept);
    world.clock.advance(time::Duration::minutes(5));
    world.in_state("sent", 2).await;
    app.stop().await;
    assert_eq!(subjects(&world), [CONFIRMED, CANCELLED]);
    world.assert_settled().await;
}

/// The address became known with the payment that revived the order.
#[tokio::test]
async fn an_end_that_could_not_be_mailed_for_want_of_an_address_is_not_the_last_word() {
    let world = World::new().await;
    let app = world.start().await;
    let order = order("Cup");
    world.publisher.publish(&cancelled(OrderSnapshot { email: None, ..at(&order, 2) })).await;
    world.in_state("skipped", 1).await;
    world.publisher.publish(&cancelled(at(&order, 5))).await;
    world.in_state("sent", 1).await;
    app.stop().await;
    assert_eq!(subjects(&world), [CANCELLED]);
    world.assert_settled().await;
}

/// As if the first try had been four days ago, and many since.
async fn tried_for_long(world: &World) {
    let sql = "UPDATE notifications SET attempts = 20, first_tried_at = first_tried_at - interval '4 days', \
               lease_until = NULL";
    world.tried(1, 1).await;
    world.database.execute(sql).await;
}

#[tokio::test]
async fn an_end_that_was_given_up_gives_way_to_the_next_one_with_patience_of_its_own() {
    let world = World::new().await;
    let app = world.start().await;
    world.mails.set_mood(Mood::Refuse);
    let order = order("Cup");
    world.publisher.publish(&cancelled(at(&order, 2))).await;
    tried_for_long(&world).await;
    world.clock.advance(time::Duration::hours(1));
    world.in_state("failed", 1).await;
    world.publisher.publish(&cancelled(at(&order, 5))).await;
    world.tried(22, 1).await;
    world.mails.set_mood(Mood::Accept);
    world.clock.advance(time::Duration::hours(1));
    world.in_state("sent", 1).await;
    app.stop().await;
    assert_eq!(subjects(&world), [CANCELLED]);
    world.assert_settled().await;
}

/// The next one comes while the server is asked for the last time.
#[tokio::test]
async fn an_end_that_is_given_up_does_not_take_the_next_one_along() {
    let world = World::new().await;
    let env = world.env.clone().with("SMTP_TIMEOUT", "3s").with("MAIL_LEASE", "6s");
    let app = world.start_with(env).await;
    world.mails.set_mood(Mood::Refuse);
    let order = order("Cup");
    world.publisher.publish(&cancelled(at(&order, 2))).await;
    tried_for_long(&world).await;
    world.mails.set_mood(Mood::Hang);
    let before = world.mails.offered().len();
    world.clock.advance(time::Duration::hours(1));
    eventually(PATIENCE, "the last try", async || world.mails.offered().len() > before).await;
    world.publisher.publish(&cancelled(at(&order, 5))).await;
    world.applied(2).await;
    world.mails.set_mood(Mood::Accept);
    world.in_state("sent", 1).await;
    app.stop().await;
    assert_eq!(subjects(&world), [CANCELLED]);
    world.assert_settled().await;
}
