//! The webhook is faster than Stripe's answer to the call that made the Session.

use std::cell::Cell;

use serde_json::json;
use test_support::eventually;

use tests_e2e::world::{SOON, World, cards, text};

#[tokio::test]
async fn an_event_before_its_session_is_known_is_kept_and_applied() {
    let world = World::start().await;
    let guest = world.guest();
    world.sandbox.faults(&json!({ "latencyMs": 3000 })).await;

    let answered = Cell::new(false);
    let checking_out = async {
        let answer = guest.try_checkout("card", &[("mug", 1)]).await;
        answered.set(true);
        answer
    };
    let paying = async {
        eventually(SOON, "the Session is made", async || {
            world.sandbox.calls("POST", "/v1/checkout/sessions").await == 1
        })
        .await;
        // The answer of the call that made it is still held back; later ones are not.
        world.sandbox.faults(&json!({})).await;
        let session = text(&world.sandbox.sessions().await[0]["id"]);
        world.sandbox.pay(&session, cards::PAYS).await;
        let events = world.sandbox.events(&["checkout.session.completed"]).await;
        world.webhook.accept(&events[0]).await;
        assert!(!answered.get(), "the webhook was to come before the answer");
        session
    };
    let ((status, answer), session) = tokio::join!(checking_out, paying);
    // Whichever came first at the order: the Session, or the news that it is paid.
    assert!(
        answer["sessionId"] == session.as_str() || answer["code"] == "order_already_paid",
        "{status} {answer}"
    );
    eventually(SOON, "the order is paid", async || {
        let (_, seen) = guest.by_session(&session).await;
        if seen["status"] == "paid" { Ok(()) } else { Err(seen) }
    })
    .await;
    let order = text(&world.sandbox.session(&session).await["client_reference_id"]);
    world.ending().await.paid_once(&order, vec![format!("order_confirmed {order}")]);
}
