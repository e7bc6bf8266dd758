//! Everything that was ever published is read again.

use std::collections::BTreeMap;

use futures::future::join_all;
use test_support::{Service, TestDatabase, eventually};
use tests_e2e::world::{Ending, SOON, World, cards};

use super::twins::Twins;

/// The rows of every table, whole, but for those that tell what was read and who works.
type Books = BTreeMap<String, Vec<String>>;

#[tokio::test]
async fn fault_25_offsets_reset_and_the_inbox_purged_change_nothing() {
    let mut shop = Twins::start().await;
    trade(&shop.world).await;
    let before = (shop.world.ending().await, books(&shop.world).await);
    for purged in [false, true] {
        for status in join_all(shop.all().map(Service::terminate)).await {
            assert!(status.success(), "{status}");
        }
        let groups = shop.world.groups();
        for group in &groups {
            assert!(group.rewind().await > 0, "{}: nothing to read again", group.name);
        }
        if purged {
            for (_, database) in shop.world.databases.all() {
                database.run("DELETE FROM inbox").await;
            }
        }
        join_all(shop.all().map(Service::restart)).await;
        for group in &groups {
            eventually(SOON, format!("{} has read everything again", group.name), async || {
                match group.lag().await {
                    Ok(0) => Ok(()),
                    left => Err(left),
                }
            })
            .await;
        }
        // With the inbox purged this also waits until every event is in it again.
        let after: (Ending, Books) = (shop.world.ending().await, books(&shop.world).await);
        assert_eq!(after.0, before.0, "inbox purged: {purged}");
        for (table, rows) in &before.1 {
            assert_eq!(after.1[table], *rows, "{table}, inbox purged: {purged}");
        }
    }
}

/// Purchases of every end, by both ways of buying.
async fn trade(world: &World) {
    let guest = world.guest();
    let paid = guest.checkout(&[("mug", 2), ("poster", 1)]).await;
    world.sandbox.pay(&paid.session, cards::PAYS).await;

    let hesitant = world.guest();
    let declined = hesitant.checkout(&[("mug", 1)]).await;
    world.sandbox.pay(&declined.session, cards::DECLINED).await;
    hesitant.sees(&declined, "pending", "failed").await;
    world.sandbox.pay(&declined.session, cards::NO_FUNDS).await;
    world.sandbox.pay(&declined.session, cards::PAYS).await;

    let regretful = world.guest();
    let cancelled = regretful.checkout(&[("rare", 1)]).await;
    regretful.cancel(&cancelled).await;

    let returning = world.guest();
    let refunded = returning.checkout(&[("poster", 1)]).await;
    world.sandbox.pay(&refunded.session, cards::PAYS).await;
    returning.sees(&refunded, "paid", "succeeded").await;
    world.sandbox.refund(&refunded.session).await;

    let slow = world.guest();
    let processing = slow.checkout_by("paypal", &[("mug", 1)]).await;
    world.sandbox.paypal(&processing.session, "delayed_success").await;

    guest.sees(&paid, "paid", "succeeded").await;
    hesitant.sees(&declined, "paid", "succeeded").await;
    regretful.sees(&cancelled, "cancelled", "expired").await;
    returning.sees(&refunded, "paid", "refunded").await;
    slow.sees(&processing, "pending", "processing").await;
}

async fn books(world: &World) -> Books {
    let mut books = Books::new();
    for (service, database) in world.databases.all() {
        for table in tables(database).await {
            let rows = database.texts(&format!("SELECT t::text FROM {table} AS t ORDER BY 1")).await;
            books.insert(format!("{service}: {table}"), rows);
        }
    }
    books
}

async fn tables(database: &TestDatabase) -> Vec<String> {
    let sql = "SELECT table_name::text FROM information_schema.tables WHERE table_schema = 'public' \
               AND table_name NOT IN ('inbox', 'leases', 'seaql_migrations') ORDER BY 1";
    database.texts(sql).await
}
