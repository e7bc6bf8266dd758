//! Types and fields that Stripe may invent: taken, and counted, and nothing else.

use serde_json::json;

use tests_e2e::world::{World, cards};

use super::again;

#[tokio::test]
async fn fault_38_unknown_types_and_fields_are_taken_ignored_and_counted() {
    let world = World::start().await;
    world.sandbox.drop_webhooks().await;
    let guest = world.guest();
    let checkout = guest.checkout(&[("mug", 1)]).await;
    world.sandbox.pay(&checkout.session, cards::PAYS).await;
    let completed =
        world.sandbox.events_of(&checkout.session, &["checkout.session.completed"]).await.remove(0);

    // Of no type we know, about a Session of ours.
    for copy in ["1", "2"] {
        let mut unheard = again(&completed, copy);
        unheard["type"] = json!("checkout.session.celebrated");
        world.webhook.accept(&unheard).await;
    }
    let ignored = "SELECT count(*) FROM stripe_events WHERE state = 'ignored'";
    assert_eq!(world.databases.payments.number(ignored).await, 2);
    assert_eq!(guest.order(&checkout).await["status"], "pending");
    let metrics = world.metrics(&world.payments).await;
    let counted = metrics
        .lines()
        .find(|line| line.starts_with("stripe_events_total") && line.contains("checkout.session.celebrated"));
    let counted = counted.unwrap_or_else(|| panic!("not counted: {metrics}"));
    assert!(counted.contains("ignored") && counted.ends_with(" 2"), "{counted}");

    // Of a type we know, with fields and words we do not.
    let mut newer = again(&completed, "newer");
    newer["api_version"] = json!("2036-01-01.tomorrow");
    newer["mood"] = json!({ "of": ["the", "day"] });
    let session = &mut newer["data"]["object"];
    session["surprise"] = json!([1, { "two": null }]);
    session["payment_method_types"] = json!({ "card": "no list any more" });
    session["ui_mode"] = json!("telepathy");
    world.webhook.accept(&newer).await;
    guest.sees(&checkout, "paid", "succeeded").await;
    world.ending().await.paid_once(&checkout.order, vec![format!("order_confirmed {}", checkout.order)]);
}
