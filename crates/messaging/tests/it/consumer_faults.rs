//! Consuming while the surroundings fail.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use messaging::Incoming;
use sea_orm::ConnectionTrait;
use test_support::{database_url, eventually};

use crate::world::{SOON, Step, World, Writer, connect, happened, n_of, writer};

#[tokio::test(flavor = "multi_thread")]
async fn the_surroundings_are_waited_for_without_a_dead_letter() {
    let world = World::new(1).await;
    let relay = world.relay();
    let (broken, calls) = (Arc::new(AtomicBool::new(true)), Arc::new(AtomicUsize::new(0)));
    let (is_broken, counted) = (Arc::clone(&broken), Arc::clone(&calls));
    let consumer = world.consumer(Writer::scripted(move |_: &Incoming| {
        counted.fetch_add(1, Ordering::SeqCst);
        if is_broken.load(Ordering::SeqCst) { Step::Retry } else { Step::Apply }
    }));
    world.publish(&[happened("k", 1), happened("k", 2)]).await;
    eventually(SOON, "more attempts than a message has tries", async || calls.load(Ordering::SeqCst) > 6)
        .await;
    world.counts("inbox", 0).await;
    broken.store(false, Ordering::SeqCst);
    world.effects(2).await;
    assert_eq!(world.order_of_effects("k").await, [1, 2]);
    world.counts("dead_letters", 0).await;
    consumer.stop().await;
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_goes_away_and_comes_back_loses_nothing() {
    let world = World::new(1).await;
    let relay = world.relay();
    let consumer = world.consumer(writer("one"));
    world.publish(&[happened("k", 1), happened("k", 2)]).await;
    world.effects(2).await;
    let events: Vec<_> = (3..=100).map(|n| happened("k", n)).collect();
    world.publish(&events).await;
    let server = connect(&database_url()).await;
    let name = world.test_db.url().rsplit('/').next().unwrap().to_owned();
    let down = format!(r#"ALTER DATABASE "{name}" ALLOW_CONNECTIONS false"#);
    server.execute_unprepared(&down).await.unwrap();
    let cut = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'");
    server.execute_unprepared(&cut).await.unwrap();
    let outage = tokio::time::Instant::now();
    eventually(SOON, "an outage of some seconds", async || outage.elapsed() > Duration::from_secs(4)).await;
    let up = format!(r#"ALTER DATABASE "{name}" ALLOW_CONNECTIONS true"#);
    server.execute_unprepared(&up).await.unwrap();
    world.effects(100).await;
    assert_eq!(world.order_of_effects("k").await, (1..=100).collect::<Vec<_>>());
    world.counts("dead_letters", 0).await;
    world.outbox_is_empty().await;
    consumer.stop().await;
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fault_27_a_dead_letter_that_cannot_be_written_holds_the_offset() {
    let world = World::new(1).await;
    let relay = world.relay();
    // A sequence is not rolled back: it counts the tries.
    let refuse = "CREATE SEQUENCE tries; \
                  CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS \
                  $$ BEGIN PERFORM nextval('tries'); RAISE 'no room'; END $$; \
                  CREATE TRIGGER refuse BEFORE INSERT ON dead_letters FOR EACH ROW EXECUTE FUNCTION refuse()";
    world.db.execute_unprepared(refuse).await.unwrap();
    let consumer = world.consumer(Writer::scripted(|message: &Incoming| match n_of(message) {
        1 => Step::Fail,
        _ => Step::Apply,
    }));
    world.publish(&[happened("k", 1), happened("k", 2)]).await;
    eventually(SOON, "it is tried again and again", async || {
        world.test_db.number("SELECT last_value FROM tries").await >= 3
    })
    .await;
    world.counts("inbox", 0).await;
    consumer.stop().await;
    world.db.execute_unprepared("DROP TRIGGER refuse ON dead_letters").await.unwrap();
    let consumer = world.consumer(Writer::scripted(|message: &Incoming| match n_of(message) {
        1 => Step::Fail,
        _ => Step::Apply,
    }));
    world.effects(1).await;
    world.counts("dead_letters", 1).await;
    consumer.stop().await;
    relay.stop().await;
}
