//! The database's disk is full.

use test_support::{PrivatePostgres, TestDatabase, eventually};
use tests_e2e::world::{World, cards};

use super::{RECOVERY, checks_out, is_problem, paid_once};

/// What PostgreSQL says when a disk is full, said at the last step of the transaction: everything else is written.
async fn full_for(database: &TestDatabase, table: &str) {
    let sql = format!(
        "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
           RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$; \
         CREATE TRIGGER full_disk BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION full_disk()"
    );
    database.run(&sql).await;
}

async fn room_again(database: &TestDatabase) {
    database.run("DROP FUNCTION full_disk CASCADE").await;
}

#[tokio::test]
async fn fault_16_a_full_disk_at_checkout_is_503_and_leaves_nothing() {
    let world = World::start().await;
    let guest = world.guest();
    let before = guest.available("mug").await;
    let orders = &world.databases.orders;
    full_for(orders, "outbox").await;
    is_problem(&guest.try_checkout("card", &[("mug", 1)]).await, "service_unavailable");
    for table in ["orders", "order_items", "order_history", "checkout_dedupe"] {
        assert_eq!(orders.number(&format!("SELECT count(*) FROM {table}")).await, 0, "{table}");
    }
    assert_eq!(guest.available("mug").await, before);
    assert_eq!(world.sandbox.calls("POST", "/v1/checkout/sessions").await, 0);
    room_again(orders).await;
    let checkout = checks_out(&guest, &[("mug", 1)]).await;
    world.sandbox.pay(&checkout.session, cards::PAYS).await;
    guest.sees(&checkout, "paid", "succeeded").await;
    paid_once(&world, &checkout).await;
}

#[tokio::test]
async fn fault_16_a_full_disk_at_a_webhook_and_at_consumers_is_waited_out() {
    let world = World::start().await;
    let guest = world.guest();
    let checkout = guest.checkout(&[("mug", 1)]).await;
    world.sandbox.drop_webhooks().await;
    world.sandbox.pay(&checkout.session, cards::PAYS).await;
    let event = world.sandbox.events(&["checkout.session.completed"]).await.remove(0);
    let payments = &world.databases.payments;
    full_for(payments, "stripe_events").await;
    let delivery = world.webhook.deliver(&event).await;
    is_problem(&(delivery.status, delivery.body), "service_unavailable");
    assert_eq!(payments.number("SELECT count(*) FROM stripe_events").await, 0);
    room_again(payments).await;
    full_for(&world.databases.orders, "inbox").await;
    full_for(&world.databases.notifications, "notifications").await;
    world.webhook.accept(&event).await;
    eventually(RECOVERY, "order-service waits", async || {
        world.orders.log().contains("the partition waits until the surroundings work again")
    })
    .await;
    assert_eq!(guest.order(&checkout).await["status"], "pending");
    room_again(&world.databases.orders).await;
    eventually(RECOVERY, "notification-service waits", async || {
        world.notifications.log().contains("the partition waits until the surroundings work again")
    })
    .await;
    room_again(&world.databases.notifications).await;
    eventually(RECOVERY, "the order is paid", async || guest.order(&checkout).await["status"] == "paid")
        .await;
    paid_once(&world, &checkout).await;
}

/// Where this user may mount, a disk that is full in earnest.
#[tokio::test]
async fn fault_16_a_small_disk_that_fills_up_loses_no_order_and_makes_none_up() {
    let Some(postgres) = PrivatePostgres::on_a_disk_of(64).await else {
        eprintln!("this user may not mount a disk: the other tests of a full one do without");
        return;
    };
    let small = TestDatabase::empty_at(&postgres.url()).await;
    let mut world = World::with(|name, service| match name {
        "order-service" => service.env("DATABASE_URL", small.url()),
        _ => service,
    })
    .await;
    world.databases.orders = small;
    let before = world.guest().available("poster").await;
    postgres.fill_the_disk();
    let mut placed = Vec::new();
    let refused = eventually(RECOVERY, "the disk is full", async || {
        let guest = world.guest();
        let answer = guest.try_checkout("card", &[("poster", 1)]).await;
        if answer.0 == 200 {
            placed.push(answer);
            return Err(placed.len());
        }
        Ok((guest, answer))
    })
    .await;
    let (guest, answer) = refused;
    is_problem(&answer, "service_unavailable");
    // The order may be there, and say so, if the disk was full after it was placed.
    let kept = i64::from(!answer.1["orderId"].is_null());
    let wanted = i64::try_from(placed.len()).unwrap() + kept;
    assert_eq!(world.databases.orders.number("SELECT count(*) FROM orders").await, wanted);
    postgres.empty_the_disk();
    let checkout = checks_out(&guest, &[("poster", 1)]).await;
    let orders = i64::try_from(placed.len()).unwrap() + 1;
    assert_eq!(world.databases.orders.number("SELECT count(*) FROM orders").await, orders);
    assert_eq!(guest.available("poster").await, before - orders);
    world.sandbox.pay(&checkout.session, cards::PAYS).await;
    guest.sees(&checkout, "paid", "succeeded").await;
    paid_once(&world, &checkout).await;
}
