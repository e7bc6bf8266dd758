//! The webhook is faster than Stripe's answer to the call that made the Session.

use serde_json::json;
use test_support::eventually;

use tests_e2e::world::{SOON, World, cards, text};

const CREATE: &str = "/v1/checkout/sessions";

/// `payment_intent.succeeded` does not name its Session: it cannot be applied before Stripe's answer is here.
#[tokio::test]
async fn fault_35_an_event_before_its_session_is_known_is_kept_and_tried_again() {
    let world = World::start().await;
    let guest = world.guest();
    let drop = json!({ "drop": "all" });
    world
        .sandbox
        .faults(&json!({ "deliveries": drop, "held": [{ "method": "POST", "path": CREATE }] }))
        .await;

    let paying = async {
        eventually(SOON, "the Session is made", async || world.sandbox.calls("POST", CREATE).await > 0).await;
        let session = text(&world.sandbox.sessions().await[0]["id"]);
        world.sandbox.pay(&session, cards::PAYS).await;
        let events = world.sandbox.events(&["payment_intent.succeeded"]).await;
        world.webhook.accept(&events[0]).await;
        let kept = format!(
            "SELECT count(*) FROM stripe_events WHERE id = '{}' AND state = 'pending' AND tries > 0",
            text(&events[0]["id"])
        );
        eventually(SOON, "it is kept and tried again", async || {
            world.databases.payments.number(&kept).await == 1
        })
        .await;
        world.sandbox.faults(&json!({ "deliveries": drop })).await;
        session
    };
    let ((status, answer), session) = tokio::join!(guest.try_checkout("card", &[("mug", 1)]), paying);
    // Whichever came first at the order: the Session, the news that it is paid, or the end of our patience.
    assert!(
        answer["sessionId"] == session.as_str() || answer["code"] == "order_already_paid" || status == 503,
        "{status} {answer}"
    );
    let order = text(&world.sandbox.session(&session).await["client_reference_id"]);
    let paid = format!("SELECT count(*) FROM orders WHERE id = '{order}' AND status = 'paid'");
    eventually(SOON, "the order is paid", async || world.databases.orders.number(&paid).await == 1).await;
    let ending = world.ending().await;
    ending.paid_once(&order, vec![format!("order_confirmed {order}")]);
    assert_eq!(ending.published["payment.successful"], 1);
}
