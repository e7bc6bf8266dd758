//! The embedded defaults: SQLite and librdkafka's broker in this process.

use std::sync::Arc;

use events::Topic;
use kernel::SystemClock;
use messaging::{
    Consumer, ConsumerConfig, DeadLetters, Incoming, KafkaConfig, LetterFilter, LetterState, OutboxWriter,
    Relay, Replay, Replayed, Wakeup,
};
use rdkafka::mocking::MockCluster;
use test_support::{TestDatabase, eventually, read_topic};

use crate::consumer::received;
use crate::world;
use crate::world::{
    PUBLISHER, READER, Running, SOON, Step, Writer, append, connect, happened, migrate, n_of,
};

#[tokio::test(flavor = "multi_thread")]
async fn an_event_goes_from_one_file_to_another_through_the_embedded_broker() {
    let cluster = MockCluster::new(1).unwrap();
    for topic in ["order.paid", "reader.dlq"] {
        cluster.create_topic(topic, 3, 1).unwrap();
    }
    let brokers = cluster.bootstrap_servers();
    let (ours, theirs) = (TestDatabase::sqlite(migrate).await, TestDatabase::sqlite(migrate).await);
    let (here, there) = (connect(ours.url()).await, connect(theirs.url()).await);
    let wake_here = Wakeup::new(&here, ours.url());
    let wake_there = Wakeup::new(&there, theirs.url());
    let kafka = KafkaConfig::new(&brokers, "test");
    let relay = |db, wakeup| {
        let relay = Relay::new(db, kafka.clone(), wakeup, Arc::new(SystemClock));
        Running::start(|stop| async move { relay.run(stop).await.unwrap() })
    };
    let publishing = relay(here.clone(), wake_here.clone());
    let burying = relay(there.clone(), wake_there.clone());
    let handler = Writer::scripted(|message: &Incoming| match n_of(message) {
        13 => Step::Panic,
        _ => Step::Apply,
    });
    // Forgotten on SQLite too: it is not among the rows counted below.
    received(&there, 0..1, 36).await;
    let consumer = Consumer::new(
        there.clone(),
        kafka.clone(),
        ConsumerConfig::new("reader", [Topic::OrderPaid], READER),
        Arc::new(handler),
        wake_there,
        Arc::new(SystemClock),
    );
    let consuming = Running::start(|stop| async move { consumer.run(stop).await.unwrap() });
    let writer = OutboxWriter::new(PUBLISHER, Arc::new(SystemClock));
    for n in 1..=50 {
        append(&here, &writer, &[happened(&format!("k{}", n % 5), n)]).await;
        wake_here.notify();
    }
    for (db, sql, wanted) in [
        (&theirs, "SELECT count(*) FROM effects", 49),
        (&theirs, "SELECT count(*) FROM inbox", 50),
        (&theirs, "SELECT count(*) FROM dead_letters", 1),
        (&ours, "SELECT count(*) FROM outbox", 0),
        (&theirs, "SELECT count(*) FROM outbox", 0),
    ] {
        eventually(SOON, sql, async || match db.number(sql).await {
            number if number == wanted => Ok(()),
            number => Err(number),
        })
        .await;
    }
    let dead = read_topic(&brokers, "reader.dlq", SOON, |read| !read.is_empty()).await;
    assert_eq!(dead[0].json()["data"]["n"], 13);
    // A letter is rehearsed and replayed on SQLite, too.
    let letters = DeadLetters::new(there.clone(), "reader", Arc::new(SystemClock));
    let id = letters.list(&LetterFilter::default()).await.unwrap()[0].id;
    let replay = Replay::new(letters, Arc::new(world::writer("operator")), READER);
    assert_eq!(replay.rehearse(&[id], "test").await.unwrap(), [(id, Replayed::Applied)]);
    assert_eq!(theirs.number("SELECT count(*) FROM effects").await, 49);
    assert_eq!(replay.replay(id, "test").await.unwrap(), Replayed::Applied);
    let again = replay.replay(id, "test").await.unwrap();
    assert_eq!(again, Replayed::Settled(LetterState::Replayed));
    assert_eq!(theirs.number("SELECT count(*) FROM effects").await, 50);
    for running in [consuming, publishing, burying] {
        running.stop().await;
    }
}
