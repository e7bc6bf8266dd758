//! A row that cannot be worked on does not hold up the others.

use sea_orm::ConnectionTrait;
use serde_json::json;

use crate::world::World;

#[tokio::test(flavor = "multi_thread")]
async fn a_stored_call_that_cannot_be_read_is_left_alone() {
    let mut world = World::configured(&[("STRIPE_TIMEOUT", "1s")]).await;
    let down = json!({"path": "*", "status": 503, "when": "before", "times": -1});
    world.faults(json!({"errors": [down]})).await;
    let (first, second) = (world.new_order(), world.new_order());
    for order in [&first, &second] {
        assert_eq!(world.ensure(order, 1).await.status, 503);
    }
    world.stop_service().await;
    let damage = format!(
        "UPDATE stripe_requests SET operation = 'of-tomorrow' WHERE payment_id = \
         (SELECT id FROM payments WHERE purchase_id = '{first}')"
    );
    world.database.connection().execute_unprepared(&damage).await.unwrap();
    world.no_faults().await;
    world.clock.advance(time::Duration::minutes(1));
    world.restart().await;
    world.eventually_number("SELECT count(*) FROM payments WHERE status = 'open'", 1).await;
    assert_eq!(world.status(&second).await, "open");
    let metrics = world.get("/metrics").await.body.as_str().unwrap().to_owned();
    assert!(
        metrics.lines().any(|line| line.starts_with("payment_alarms_total") && line.contains("row_failed"))
    );

    let mended = "UPDATE stripe_requests SET operation = 'create-session'";
    world.database.connection().execute_unprepared(mended).await.unwrap();
    world.clock.advance(time::Duration::minutes(6));
    world.eventually_number("SELECT count(*) FROM payments WHERE status = 'open'", 2).await;
    world.assert_settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_purchase_that_cannot_be_read_does_not_hold_up_others() {
    let mut world = World::configured(&[("STRIPE_TIMEOUT", "1s")]).await;
    let (first, second) = (world.new_order(), world.new_order());
    for order in [&first, &second] {
        world.ensure(order, 1).await.ok();
    }
    world.stop_service().await;
    let close = format!(
        "UPDATE purchases SET state = 'closed', close_due = created_at; \
         UPDATE purchases SET kind = 'of-tomorrow', close_due = created_at - interval '1 hour' WHERE id = '{first}'"
    );
    world.database.connection().execute_unprepared(&close).await.unwrap();
    world.restart().await;
    world.eventually_number("SELECT count(*) FROM payments WHERE status = 'expired'", 1).await;
    assert_eq!(world.status(&second).await, "expired");
    assert_eq!(world.status(&first).await, "open");
    world.assert_settled().await;
}
