//! Servers of a test's own, and gates in front of them.

#![allow(clippy::unwrap_used)]

use std::time::Duration;

use sea_orm::{ConnectionTrait, DatabaseConnection, TransactionTrait};
use test_support::{
    Gate, Moment, PrivateKafka, PrivatePostgres, TestDatabase, TopicPrefix, database_url, eventually,
    read_to_end,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const SOON: Duration = Duration::from_secs(60);

async fn things(db: &DatabaseConnection) {
    db.execute_unprepared("CREATE TABLE things (name text)").await.unwrap();
}

#[tokio::test]
async fn a_database_survives_the_ends_of_its_server() {
    let mut server = PrivatePostgres::start().await;
    let database = TestDatabase::create_at(&server.url(), things).await;
    let insert = "INSERT INTO things VALUES ('kept')";
    for round in 1..=3 {
        database.connection().execute_unprepared(insert).await.unwrap();
        match round {
            1 => server.stop().await,
            2 => server.kill(),
            _ => server.cut_connections().await,
        }
        let answers = TcpStream::connect(server.url().split(['@', '/']).nth(3).unwrap()).await;
        assert_eq!(answers.is_ok(), round == 3);
        server.restart().await;
        assert_eq!(database.number("SELECT count(*) FROM things").await, round);
    }
    server.kill();
}

#[tokio::test]
async fn a_small_disk_is_full_soon() {
    let Some(server) = PrivatePostgres::on_a_disk_of(48).await else {
        eprintln!(
            "this user may not mount: what a full disk does to the services is tested in another way, too"
        );
        return;
    };
    let database = TestDatabase::create_at(&server.url(), things).await;
    let fill = "INSERT INTO things SELECT repeat('x', 1000) FROM generate_series(1, 100000)";
    let error = database.connection().execute_unprepared(fill).await.unwrap_err().to_string();
    assert!(error.contains("could not extend file"), "{error}");
    assert_eq!(database.number("SELECT count(*) FROM things").await, 0);
}

#[tokio::test]
async fn a_broker_keeps_its_topics_over_its_ends() {
    let mut kafka = PrivateKafka::start().await;
    let topics = TopicPrefix::unique().create_topics_at(kafka.brokers(), &["news"], 2).await;
    kafka.kill();
    kafka.restart().await;
    assert_eq!(topics.names(), [topics.prefix().topic("news")]);
    kafka.stop().await;
    kafka.restart().await;
    eventually(SOON, "the topic has leaders again", async || topics.names().len() == 1).await;
    assert!(read_to_end(kafka.brokers(), &topics.names()).await.is_empty());
}

/// Answers every byte with the same.
async fn echo() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let (mut from, mut to) = stream.split();
                tokio::io::copy(&mut from, &mut to).await
            });
        }
    });
    port
}

async fn says(stream: &mut TcpStream, word: &[u8]) -> std::io::Result<Vec<u8>> {
    stream.write_all(word).await?;
    let mut answer = vec![0; word.len()];
    stream.read_exact(&mut answer).await?;
    Ok(answer)
}

#[tokio::test]
async fn a_gate_refuses_hangs_and_opens_again() {
    let gate = Gate::to(echo().await);
    let address = ("127.0.0.1", gate.port());
    let mut stream = TcpStream::connect(address).await.unwrap();
    assert_eq!(says(&mut stream, b"one").await.unwrap(), b"one");
    gate.refuse().await;
    assert!(says(&mut stream, b"two").await.is_err());
    assert!(TcpStream::connect(address).await.is_err());
    gate.hang().await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(b"three").await.unwrap();
    gate.open().await;
    let mut answer = [0; 5];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"three");
    gate.cut();
    assert!(says(&mut stream, b"four").await.is_err());
}

#[tokio::test]
async fn a_gate_cuts_at_a_word_before_or_after_it_is_done() {
    let server = database_url();
    let direct = TestDatabase::create(things).await;
    let gate = Gate::new();
    assert!(gate.in_front_of(&server).contains(&gate.port().to_string()));
    let through = gate.in_front_of(direct.url());
    for (moment, rows) in [(Moment::BeforeItArrives, 0), (Moment::BeforeTheAnswer, 1)] {
        let db = sea_orm::Database::connect(&through).await.unwrap();
        gate.cut_at(["INSERT", "COMMIT"], moment);
        let tx = db.begin().await.unwrap();
        tx.execute_unprepared("INSERT INTO things VALUES ('x')").await.unwrap();
        assert!(tx.commit().await.is_err());
        eventually(SOON, "the server has noticed", async || {
            direct.number("SELECT count(*) FROM things").await == rows
        })
        .await;
    }
    assert_eq!(gate.sprung(), 2);
}
