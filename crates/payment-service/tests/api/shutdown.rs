//! SIGTERM: no row of a batch is begun any more, and the service ends in time whatever Stripe does.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::world::World;

#[tokio::test(flavor = "multi_thread")]
async fn a_long_round_does_not_hold_up_the_end() {
    let mut world = World::configured(&[("STRIPE_TIMEOUT", "1s"), ("SHUTDOWN_TIMEOUT", "1s")]).await;
    let orders: Vec<String> = (0..4).map(|_| world.new_order()).collect();
    for order in &orders {
        world.ensure(order, 1).await.ok();
    }
    let expire = json!({"path": "*/expire", "status": 503, "when": "before", "times": -1});
    world.faults(json!({"errors": [expire]})).await;
    for order in &orders {
        assert_eq!(world.close(order, 1).await.ok()["outcome"], "unknown");
    }
    world.stop_service().await;
    // Now Stripe takes ten seconds for everything, and each of the four would wait for it.
    world.env = world.env.clone().with("STRIPE_TIMEOUT", "20s");
    world.faults(json!({"latencyMs": 10_000})).await;
    let due = "SELECT count(*) FROM purchases WHERE close_due IS NOT NULL";
    assert_eq!(world.database.number(due).await, 4);
    let before = world.texts("SELECT max(close_due)::text FROM purchases").await;
    world.clock.advance(time::Duration::minutes(5));
    world.restart().await;
    let begun = format!("SELECT count(*) FROM purchases WHERE close_due > '{}'", before[0]);
    world.eventually_number(&begun, 1).await;
    let started = Instant::now();
    world.stop_service().await;
    assert!(started.elapsed() < Duration::from_secs(6), "{:?}", started.elapsed());
    assert_eq!(world.database.number(&begun).await, 1, "no other was begun");

    world.no_faults().await;
    world.clock.advance(time::Duration::minutes(5));
    world.restart().await;
    world.eventually_number(due, 0).await;
    world.assert_settled().await;
}
