//! Messages that were given up, and what can be done with them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use events::Topic;
use futures::future::join_all;
use kernel::SystemClock;
use messaging::{DeadLetters, Dismissal, Handler, Incoming, LetterFilter, LetterState, Replay, Replayed};

use crate::world::{GROUP, READER, Running, Step, World, Writer, happened, happened_on, n_of, writer};

const BY: &str = "the test";

/// One that fails for these, and applies all others.
fn failing(bad: &'static [i64]) -> Writer<impl Fn(&Incoming) -> Step> {
    Writer::scripted(
        move |message: &Incoming| if bad.contains(&n_of(message)) { Step::Fail } else { Step::Apply },
    )
}

fn letters(world: &World) -> DeadLetters {
    DeadLetters::new(world.db.clone(), GROUP, Arc::new(SystemClock))
}

fn replay(world: &World, handler: impl Handler) -> Replay {
    Replay::new(letters(world), Arc::new(handler), READER)
}

async fn ids(world: &World) -> Vec<i64> {
    letters(world).list(&LetterFilter::default()).await.unwrap().iter().map(|letter| letter.id).collect()
}

/// Publishes these as (key, n), of which `bad` are buried, and waits for all of them.
async fn buried(world: &World, events: &[(&str, i64)], bad: &'static [i64]) -> (Running, Running) {
    let (relay, consumer) = (world.relay(), world.consumer(failing(bad)));
    let events: Vec<_> = events.iter().map(|(key, n)| happened(key, *n)).collect();
    world.publish(&events).await;
    world.counts("inbox", i64::try_from(events.len()).unwrap()).await;
    world.counts("dead_letters", i64::try_from(bad.len()).unwrap()).await;
    world.outbox_is_empty().await;
    (relay, consumer)
}

#[tokio::test(flavor = "multi_thread")]
async fn fault_27_without_its_topic_a_letter_is_kept_and_goes_out_when_the_topic_is_there() {
    let world = World::without_dead_letter_topic().await;
    let (relay, consumer) = (world.relay(), world.consumer(failing(&[1])));
    world.publish(&[happened("k", 1), happened("k", 2)]).await;
    world.counts("dead_letters", 1).await;
    world.effects(1).await;
    // Nobody waits for it: what comes later is published and applied.
    world.publish(&[happened("k", 3), happened_on(Topic::OrderCreated, "k", 4)]).await;
    world.effects(3).await;
    assert_eq!(world.test_db.number("SELECT count(*) FROM outbox WHERE topic = 'reader.dlq'").await, 1);
    let _topic = world.prefix.create_topics(&["reader.dlq"], 1).await;
    world.outbox_is_empty().await;
    let out = world.on_topic("reader.dlq").await;
    assert_eq!(out.len(), 1);
    assert_eq!(out[0].json()["data"]["n"], 1);
    consumer.stop().await;
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fault_48_a_letter_stays_open_until_it_can_be_applied_and_then_takes_effect_once() {
    let world = World::new(1).await;
    let (relay, consumer) = buried(&world, &[("k", 1), ("k", 2)], &[1]).await;
    let id = ids(&world).await[0];
    let failed = Replayed::Failed("this one is bad".to_owned());
    assert_eq!(replay(&world, failing(&[1])).replay(id, BY).await.unwrap(), failed);
    assert_eq!(letters(&world).find(id).await.unwrap().unwrap().0.state, LetterState::Open);
    world.effects(1).await;
    // The reason is gone.
    assert_eq!(replay(&world, writer("operator")).replay(id, BY).await.unwrap(), Replayed::Applied);
    world.effects(2).await;
    let again = replay(&world, writer("operator")).replay(id, BY).await.unwrap();
    assert_eq!(again, Replayed::Settled(LetterState::Replayed));
    world.effects(2).await;
    let (letter, actions) = letters(&world).find(id).await.unwrap().unwrap();
    assert!(letter.state == LetterState::Replayed && letter.settled_at.is_some(), "{letter:?}");
    let told: Vec<_> = actions.iter().map(|one| (one.actor.as_str(), one.outcome.as_str())).collect();
    assert_eq!(told, [(BY, "failed, stays open: this one is bad"), (BY, "applied")]);
    consumer.stop().await;
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_operators_at_the_same_moment_have_one_effect() {
    let world = World::new(1).await;
    let (relay, consumer) = buried(&world, &[("k", 1)], &[1]).await;
    let id = ids(&world).await[0];
    let operators: Vec<_> = (0..8).map(|_| replay(&world, writer("operator"))).collect();
    let said = join_all(operators.iter().map(|one| one.replay(id, BY))).await;
    let said: Vec<Replayed> = said.into_iter().map(Result::unwrap).collect();
    let applied = said.iter().filter(|one| **one == Replayed::Applied).count();
    let late = said.iter().filter(|one| **one == Replayed::Settled(LetterState::Replayed)).count();
    assert_eq!((applied, late), (1, 7), "{said:?}");
    world.effects(1).await;
    consumer.stop().await;
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_letter_of_the_key_goes_first_and_a_rehearsal_says_so_too() {
    let world = World::new(1).await;
    let events = [("k", 1), ("k", 2), ("other", 3), ("k", 4)];
    let (relay, consumer) = buried(&world, &events, &[1, 2, 3]).await;
    let all = ids(&world).await;
    let [first, second, other] = all[..] else { panic!("{all:?}") };
    world.effects(1).await;

    // Asked for alone it waits; rehearsed it says the same.
    let held = Replayed::HeldBack { older: first };
    let good = || replay(&world, writer("operator"));
    assert_eq!(good().rehearse(&[second], BY).await.unwrap(), [(second, held.clone())]);
    assert_eq!(good().replay(second, BY).await.unwrap(), held);

    // If the older one fails, the newer one waits on; the other key does not.
    let told = replay(&world, failing(&[1])).rehearse(&all, BY).await.unwrap();
    let failed = Replayed::Failed("this one is bad".to_owned());
    assert_eq!(told, [(first, failed), (second, held), (other, Replayed::Applied)]);

    // Asked for together they are applied in their order. Rehearsed, nothing has happened.
    let rehearsed = good().rehearse(&all, BY).await.unwrap();
    world.effects(1).await;
    world.counts("dead_letter_actions", 1).await;
    let mut real = Vec::new();
    for id in &all {
        real.push((*id, good().replay(*id, BY).await.unwrap()));
    }
    assert_eq!(real, rehearsed);
    assert!(real.iter().all(|(_, replayed)| *replayed == Replayed::Applied), "{real:?}");
    assert_eq!(world.order_of_effects("k").await, [4, 1, 2]);
    consumer.stop().await;
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_came_again_readable_is_not_applied_a_second_time() {
    let world = World::new(1).await;
    let (relay, consumer) = buried(&world, &[("k", 1), ("l", 2)], &[1, 2]).await;
    let all = ids(&world).await;
    // As if their ids could not be read when they came; the first one's event has come again since.
    world.test_db.run("UPDATE dead_letters SET event_id = NULL").await;
    let forget = format!(
        "DELETE FROM inbox WHERE \"offset\" = (SELECT \"offset\" FROM dead_letters WHERE id = {})",
        all[1]
    );
    world.test_db.run(&forget).await;
    let replay = replay(&world, writer("operator"));
    assert_eq!(replay.replay(all[0], BY).await.unwrap(), Replayed::Duplicate);
    assert_eq!(replay.replay(all[1], BY).await.unwrap(), Replayed::Applied);
    world.effects(1).await;
    world.counts("inbox", 2).await;
    consumer.stop().await;
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dismissed_letter_is_out_of_the_way_and_stays_on_record() {
    let world = World::new(1).await;
    let (relay, consumer) = buried(&world, &[("k", 1), ("k", 2)], &[1, 2]).await;
    let all = ids(&world).await;
    let letters = letters(&world);
    assert_eq!(letters.dismiss(all[0], BY, "a test order").await.unwrap(), Dismissal::Dismissed);
    let again = letters.dismiss(all[0], BY, "once more").await.unwrap();
    assert_eq!(again, Dismissal::Settled(LetterState::Dismissed));
    assert_eq!(letters.dismiss(0, BY, "which one?").await.unwrap(), Dismissal::Missing);
    let open = LetterFilter { state: Some(LetterState::Open), ..LetterFilter::default() };
    assert_eq!(letters.list(&open).await.unwrap().len(), 1);
    let replay = replay(&world, writer("operator"));
    assert_eq!(replay.replay(all[0], BY).await.unwrap(), Replayed::Settled(LetterState::Dismissed));
    assert_eq!(replay.replay(all[1], BY).await.unwrap(), Replayed::Applied);
    let (_, actions) = letters.find(all[0]).await.unwrap().unwrap();
    assert_eq!(actions.len(), 1);
    assert_eq!(actions[0].outcome, "dismissed: a test order");
    consumer.stop().await;
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_during_a_replay_changes_nothing() {
    let world = World::new(1).await;
    let (relay, consumer) = buried(&world, &[("k", 1)], &[1]).await;
    let id = ids(&world).await[0];
    let broken = AtomicBool::new(true);
    let handler =
        Writer::scripted(
            move |_: &Incoming| {
                if broken.swap(false, Ordering::SeqCst) { Step::Retry } else { Step::Apply }
            },
        );
    let replay = replay(&world, handler);
    assert!(replay.replay(id, BY).await.is_err());
    world.counts("dead_letter_actions", 0).await;
    assert_eq!(replay.replay(id, BY).await.unwrap(), Replayed::Applied);
    world.effects(1).await;
    consumer.stop().await;
    relay.stop().await;
}
