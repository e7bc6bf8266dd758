//! Stripe stores a failure for a key: what it did is not known, and sending again tells nothing new.

use serde_json::json;
use test_support::eventually;
use tests_e2e::world::{SOON, World, cards};

use super::{reconcile, report};

/// The call fails with a stored 500, and Stripe cannot be asked what it made.
async fn fail(world: &World, when: &str) {
    let create = json!({ "method": "POST", "path": "/v1/checkout/sessions", "status": 500, "when": when });
    let list = json!({ "method": "GET", "path": "/v1/checkout/sessions", "status": 500, "when": "before", "times": -1 });
    world.sandbox.faults(&json!({ "errors": [create, list] })).await;
}

async fn pending(world: &World) -> i64 {
    world.databases.payments.number("SELECT count(*) FROM stripe_requests WHERE state = 'pending'").await
}

#[tokio::test]
async fn fault_40_a_stored_failure_after_the_effect_ends_in_the_one_session() {
    let world = World::start().await;
    let guest = world.guest().patient();
    fail(&world, "after").await;
    let (status, answer) = guest.try_checkout("card", &[("mug", 1)]).await;
    assert_eq!(status, 503, "{answer}");
    assert_eq!(pending(&world).await, 1);

    world.sandbox.faults(&json!({})).await;
    eventually(SOON, "the outcome is known", async || pending(&world).await == 0).await;
    let checkout = guest.checkout(&[("mug", 1)]).await;
    let sessions = world.sandbox.sessions().await;
    assert_eq!((sessions.len(), &sessions[0]["id"]), (1, &checkout.session.as_str().into()));
    world.sandbox.pay(&checkout.session, cards::PAYS).await;
    guest.sees(&checkout, "paid", "succeeded").await;
    let finished = reconcile(&world, &["--json"]).finish().await;
    assert!(finished.status.success(), "{}\n{}", finished.stdout, finished.stderr);
    assert_eq!(report(&finished)["requests"]["pending"], 0);
    world.ending().await.paid_once(&checkout.order, vec![format!("order_confirmed {}", checkout.order)]);
}

#[tokio::test]
async fn fault_40_a_stored_failure_before_the_effect_is_proven_and_another_session_made() {
    let world = World::start().await;
    let guest = world.guest().patient();
    fail(&world, "before").await;
    let (status, answer) = guest.try_checkout("card", &[("mug", 1)]).await;
    assert_eq!(status, 503, "{answer}");
    assert_eq!(pending(&world).await, 1);

    world.sandbox.faults(&json!({})).await;
    eventually(SOON, "the outcome is known", async || pending(&world).await == 0).await;
    let failed = "SELECT count(*) FROM payments WHERE status = 'failed' AND sequence = 0";
    assert_eq!(world.databases.payments.number(failed).await, 1, "proven, and nobody has heard of it");
    let checkout = guest.checkout(&[("mug", 1)]).await;
    assert_eq!(world.sandbox.sessions().await.len(), 1);
    world.sandbox.pay(&checkout.session, cards::PAYS).await;
    guest.sees(&checkout, "paid", "succeeded").await;
    world.ending().await.paid_once(&checkout.order, vec![format!("order_confirmed {}", checkout.order)]);
}
