//! A message that cannot be applied.

use serde_json::{Value, json};
use test_support::{eventually, send};
use tests_e2e::world::{SOON, World, cards};

use super::{answer, refusal};

/// As of a major version nobody here knows: our envelope, and nothing in it that we need.
fn unreadable(topic: &str) -> Value {
    json!({
        "eventId": "01935a7e-0000-7000-8000-000000000001",
        "eventType": topic,
        "timestamp": "2026-01-02T03:04:05Z",
        "data": { "schema": 9, "buyer": "ada@example.com" },
    })
}

#[tokio::test]
async fn fault_26_a_poison_message_holds_up_no_other_of_its_partition_and_is_settled_by_hand() {
    let world = World::start().await;
    let guest = world.guest();
    let checkout = guest.checkout(&[("mug", 1)]).await;
    let topic = world.topic("payment.successful");
    // Same topic, same key, so the same partition: just before the real one.
    let poison = unreadable("payment.successful").to_string();
    send(&world.brokers, &topic, &checkout.order, poison.as_bytes()).await;
    send(&world.brokers, &topic, &checkout.order, b"not even JSON").await;
    for service in [&world.databases.orders, &world.databases.notifications] {
        eventually(SOON, "both are dead letters", async || {
            match service.number("SELECT count(*) FROM dead_letters").await {
                2 => Ok(()),
                other => Err(other),
            }
        })
        .await;
    }
    world.sandbox.pay(&checkout.session, cards::PAYS).await;
    guest.sees(&checkout, "paid", "succeeded").await;
    world.mailed("order_confirmed", &checkout.order).await;

    for service in [&world.orders, &world.notifications] {
        let listed = answer(service, &["dead-letters", "list"]).await;
        let lines: Vec<&str> = listed.lines().collect();
        assert_eq!(lines.len(), 3, "{listed}");
        assert!(lines[0].starts_with("ID ") && lines[0].contains("ATTEMPTS"), "{listed}");
        assert!(lines[1].contains("payment.successful") && lines[1].contains(&checkout.order), "{listed}");
        // What is readable as an event is tried again, bounded; what is not cannot become so.
        let listed = answer(service, &["dead-letters", "list", "--json"]).await;
        let letters: Value = serde_json::from_str(&listed).unwrap();
        assert_eq!((&letters[0]["attempts"], &letters[1]["attempts"]), (&json!(5), &json!(1)), "{letters}");
        let id = letters[0]["id"].to_string();
        let shown = answer(service, &["dead-letters", "show", &id]).await;
        assert!(shown.contains(&poison) && shown.contains("nothing yet"), "{shown}");

        // Rehearsed and real say the same; it stays open.
        let line = ["dead-letters", "replay", "--order", &checkout.order];
        let rehearsed = refusal(service, &[&line[..], &["--dry-run"]].concat()).await;
        let real = refusal(service, &line).await;
        assert_eq!(rehearsed, format!("dry run, nothing is changed:\n{real}"));
        assert!(real.starts_with(&format!("{id}: failed, stays open: ")), "{real}");
        assert!(real.lines().nth(1).unwrap().contains(&format!("held back: {id} is older")), "{real}");

        let dismissed = answer(service, &["dead-letters", "dismiss", &id, "--reason", "a drill"]).await;
        assert_eq!(dismissed, format!("{id}: dismissed\n"));
        let second = letters[1]["id"].to_string();
        answer(service, &["dead-letters", "dismiss", &second, "--reason", "a drill", "--by", "grace"]).await;
        assert_eq!(answer(service, &["dead-letters", "list"]).await, "no dead letters\n");
        let shown = answer(service, &["dead-letters", "show", &id]).await;
        assert!(shown.contains("replay by ada: failed, stays open"), "{shown}");
        assert!(shown.contains("dismiss by ada: dismissed: a drill"), "{shown}");
        assert!(!service.log().contains("ada@example.com"), "a payload is in the log");
    }
}

#[tokio::test]
async fn a_command_needs_its_own_settings_and_no_others() {
    let world = World::start().await;
    let mut line = world.orders.again().arg("dead-letters").arg("list");
    for name in
        ["JWT_SECRET", "SERVICE_TOKEN", "CSRF_KEY", "ORDER_TOKEN_KEYS", "PAYMENT_URL", "KAFKA_BROKERS"]
    {
        line = line.without(name);
    }
    assert_eq!(line.clone().run().await, "no dead letters\n");
    let done = line.without("DATABASE_URL").finish().await;
    assert!(!done.status.success() && done.stderr.contains("DATABASE_URL is missing"), "{done:?}");
    world.ending().await;
}
