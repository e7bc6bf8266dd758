//! What the log says, and what it never says. The binary itself, as it is run.

use serde_json::{Value, json};
use test_support::Service;

use crate::world::{DECLINED, PAYS, SECRET, SERVICE_TOKEN, World, cart};

const NAMES: &[&str] = &[
    "DATABASE_URL",
    "KAFKA_BROKERS",
    "KAFKA_TOPIC_PREFIX",
    "JWT_SECRET",
    "CSRF_KEY",
    "SERVICE_TOKEN",
    "ALLOWED_ORIGINS",
    "STRIPE_SECRET_KEY",
    "STRIPE_PUBLISHABLE_KEY",
    "STRIPE_WEBHOOK_SECRET",
    "STRIPE_API_BASE",
    "AD_HOC_PRICES",
];

fn line<'a>(lines: &'a [Value], message: &str) -> &'a Value {
    lines.iter().find(|line| line["message"] == message).unwrap_or_else(|| panic!("no line '{message}'"))
}

#[tokio::test(flavor = "multi_thread")]
async fn payments_are_logged_with_their_fields_and_nothing_that_is_secret() {
    let mut world = World::new().await;
    world.stop_service().await;
    let builder =
        Service::builder("payment-service").env("LOG_FORMAT", "json").env("RUST_LOG", "debug,librdkafka=off");
    let pairs = NAMES.iter().filter_map(|name| Some((*name, world.env.get(name)?)));
    let service = pairs.fold(builder, |builder, (name, value)| builder.env(name, value)).start().await;
    world.url = service.url("");

    let session = world.checkout(&cart()).await.ok();
    let (order, id) = (&session["orderId"], session["id"].as_str().unwrap());
    world.pay(id, DECLINED).await;
    world.pay(id, PAYS).await;
    let mut bodies = Vec::new();
    for kind in ["payment_intent.payment_failed", "checkout.session.completed"] {
        let event = world.events(kind).await.remove(0);
        world.deliver(&event).await.ok();
        bodies.push(event.to_string());
    }

    let log = service.log();
    let lines: Vec<Value> = log.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let paid = line(&lines, "Payment processed successfully");
    let failed = line(&lines, "Payment failed");
    for line in [paid, failed] {
        assert_eq!((&line["orderId"], &line["sessionId"]), (order, &json!(id)), "{line}");
        assert_eq!((&line["amount"], &line["currency"]), (&json!(2999), &json!("usd")), "{line}");
        assert_eq!(line["email"], "j***@example.com", "{line}");
        for field in ["paymentId", "paymentIntentId", "order_id", "payment_id", "request_id", "trace_id"] {
            assert!(line[field].is_string(), "{field}: {line}");
        }
    }
    assert_eq!(
        (&failed["reason"], &failed["declineCode"]),
        (&json!("card_declined"), &json!("generic_decline"))
    );
    let called = line(&lines, "Stripe called");
    assert!(called.to_string().contains("create session"), "{called}");

    let key = world.env.get("STRIPE_SECRET_KEY").unwrap().to_owned();
    for secret in ["jane.doe@example.com", PAYS, SECRET, SERVICE_TOKEN, &key] {
        assert!(!log.contains(secret), "the log has {secret}");
    }
    for body in &bodies {
        assert!(!log.contains(&body[..80]), "the log has a raw body");
    }
    world.assert_settled().await;
}
