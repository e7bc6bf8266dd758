//! Opening, writing and migrating.

use std::sync::atomic::{AtomicUsize, Ordering};

use messaging::database::{self, MigrateError, Options, begin, is_conflict, is_infrastructure, transact};
use sea_orm::{ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbErr, Statement};
use sea_orm_migration::MigratorTrait;
use test_support::TestDatabase;
use tokio::sync::Barrier;

use crate::world::{Migrator, connect, migrate};

#[tokio::test(flavor = "multi_thread")]
async fn many_migrate_at_once_and_an_old_schema_is_refused() {
    let db = TestDatabase::empty().await;
    let outdated = database::ensure_migrated::<Migrator>(db.connection()).await;
    assert!(
        matches!(outdated, Err(MigrateError::Outdated(names)) if names.len() == Migrator::migrations().len())
    );
    let runs = (0..5).map(|_| {
        let db = db.connection().clone();
        tokio::spawn(async move { database::migrate::<Migrator>(&db).await })
    });
    for run in runs.collect::<Vec<_>>() {
        run.await.unwrap().unwrap();
    }
    database::ensure_migrated::<Migrator>(db.connection()).await.unwrap();
    // A newer program was here.
    let newer = "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20990101_later', 0)";
    db.connection().execute_unprepared(newer).await.unwrap();
    database::ensure_migrated::<Migrator>(db.connection()).await.unwrap();
    database::migrate::<Migrator>(db.connection()).await.unwrap();
    let gone = "DELETE FROM seaql_migrations WHERE version LIKE '%effects'";
    db.connection().execute_unprepared(gone).await.unwrap();
    let outdated = database::ensure_migrated::<Migrator>(db.connection()).await.unwrap_err();
    assert_eq!(
        outdated.to_string(),
        "the schema is too old, these migrations are missing: m20261121_000002_effects"
    );
}

/// However far a `BEGIN` had come when its caller gave up.
#[tokio::test(flavor = "multi_thread")]
async fn a_begin_that_was_given_up_leaves_no_open_transaction() {
    let db = TestDatabase::create(migrate).await;
    let connection =
        database::connect(db.url(), &Options { max_connections: 1, ..Options::default() }).await.unwrap();
    for polls in 0..100 {
        let mut given_up = Box::pin(begin(&connection));
        for _ in 0..polls {
            if futures::poll!(&mut given_up).is_ready() {
                break;
            }
            tokio::task::yield_now().await;
        }
        drop(given_up);
        let insert =
            format!("INSERT INTO effects (event_id, event_key, n, reader) VALUES ('', '', {polls}, '')");
        connection.execute_unprepared(&insert).await.unwrap();
        let seen = db.number("SELECT count(*) FROM effects").await;
        assert_eq!(seen, polls + 1, "after {polls} polls");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_outbox_is_vacuumed_early_and_sessions_have_limits() {
    let db = TestDatabase::create(migrate).await;
    let options = "SELECT count(*) FROM pg_class WHERE relname = 'outbox' \
                   AND 'autovacuum_vacuum_scale_factor=0.01' = ANY(reloptions)";
    assert_eq!(db.number(options).await, 1);
    let connection = database::connect(db.url(), &Options::new("a-service")).await.unwrap();
    for (setting, wanted) in [
        ("statement_timeout", "10s"),
        ("lock_timeout", "5s"),
        ("application_name", "a-service"),
        ("TimeZone", "UTC"),
        ("transaction_isolation", "read committed"),
    ] {
        let sql = format!("SHOW {setting}");
        let statement = Statement::from_string(connection.get_database_backend(), sql);
        let row = connection.query_one_raw(statement).await.unwrap().unwrap();
        assert_eq!(row.try_get_by_index::<String>(0).unwrap(), wanted, "{setting}");
    }
}

async fn fails(db: &DatabaseConnection, sql: &str) -> DbErr {
    db.execute_unprepared(sql).await.unwrap_err()
}

fn raise(code: &str) -> String {
    format!("DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '{code}'; END $$")
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_of_the_surroundings_are_told_from_the_statements_own() {
    let db = TestDatabase::create(migrate).await;
    let db = db.connection();
    for code in
        ["08006", "40001", "40P01", "53100", "53300", "57P01", "57P03", "58030", "55P03", "57014", "25006"]
    {
        assert!(is_infrastructure(&fails(db, &raise(code)).await), "{code}");
    }
    for code in ["22012", "23505", "23514", "42P01", "25P02", "P0001"] {
        assert!(!is_infrastructure(&fails(db, &raise(code)).await), "{code}");
    }
    assert!(is_conflict(&fails(db, &raise("40P01")).await));
    assert!(is_conflict(&fails(db, &raise("40001")).await));
    assert!(!is_conflict(&fails(db, &raise("40002")).await));
    let nobody = database::connect("postgres://a:b@127.0.0.1:1/x", &Options::default()).await;
    assert!(is_infrastructure(&nobody.unwrap_err()));
}

#[tokio::test(flavor = "multi_thread")]
async fn fault_18_an_exhausted_pool_is_told_soon() {
    let db = TestDatabase::create(migrate).await;
    let options = Options {
        max_connections: 1,
        acquire_timeout: std::time::Duration::from_millis(200),
        ..Options::default()
    };
    let connection = database::connect(db.url(), &options).await.unwrap();
    let _taken = begin(&connection).await.unwrap();
    // Much sooner than the driver by itself.
    let told = tokio::time::timeout(std::time::Duration::from_secs(5), begin(&connection)).await;
    assert!(is_infrastructure(&told.expect("it is told").unwrap_err()));
}

#[tokio::test(flavor = "multi_thread")]
async fn fault_17_transactions_that_block_each_other_are_run_again() {
    let db = TestDatabase::create(migrate).await;
    let rows =
        "INSERT INTO effects (event_id, event_key, n, reader) VALUES ('a', 'a', 0, ''), ('b', 'b', 0, '')";
    db.connection().execute_unprepared(rows).await.unwrap();
    let connection = connect(db.url()).await;
    let (runs, met) = (AtomicUsize::new(0), Barrier::new(2));
    let add = async |first: &str, second: &str| {
        transact(&connection, async |tx: &DatabaseTransaction| {
            let run = runs.fetch_add(1, Ordering::SeqCst);
            let update = |row| format!("UPDATE effects SET n = n + 1 WHERE event_id = '{row}'");
            tx.execute_unprepared(&update(first)).await?;
            // The first runs have their first lock each before one of them asks for the second.
            if run < 2 {
                met.wait().await;
            }
            tx.execute_unprepared(&update(second)).await?;
            Ok::<_, DbErr>(())
        })
        .await
    };
    let (one, other) = tokio::join!(add("a", "b"), add("b", "a"));
    one.unwrap();
    other.unwrap();
    assert_eq!(db.number("SELECT sum(n)::bigint FROM effects").await, 4);
    assert!(runs.load(Ordering::SeqCst) > 2, "one of them was run again");
}

#[tokio::test(flavor = "multi_thread")]
async fn fault_17_a_transaction_that_always_loses_is_told_after_five_runs() {
    let db = TestDatabase::create(migrate).await;
    for code in ["40001", "40P01"] {
        let runs = AtomicUsize::new(0);
        let lost = transact(db.connection(), async |tx: &DatabaseTransaction| {
            runs.fetch_add(1, Ordering::SeqCst);
            tx.execute_unprepared(&raise(code)).await.map(drop)
        });
        assert!(is_conflict(&lost.await.unwrap_err()), "{code}");
        assert_eq!(runs.load(Ordering::SeqCst), 5, "{code}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_in_a_spawned_task_commits_or_leaves_nothing() {
    for db in [TestDatabase::create(migrate).await, TestDatabase::sqlite(migrate).await] {
        let connection = connect(db.url()).await;
        for fails in [false, true] {
            let connection = connection.clone();
            let task = tokio::spawn(async move {
                transact(&connection, async |tx: &DatabaseTransaction| {
                    let sql = "INSERT INTO effects (event_id, event_key, n, reader) VALUES ('a', 'a', 0, '')";
                    tx.execute_unprepared(sql).await?;
                    if fails {
                        return Err(DbErr::Custom("no".to_owned()));
                    }
                    Ok(())
                })
                .await
            });
            assert_eq!(task.await.unwrap().is_err(), fails);
        }
        assert_eq!(db.number("SELECT count(*) FROM effects").await, 1);
    }
}
