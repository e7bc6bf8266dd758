//! What the log says, and what it never says. The binary itself, as it is run.

use serde_json::{Value, json};
use test_support::Service;

use crate::support::{Client, World, cart};

const NAMES: &[&str] = &[
    "DATABASE_URL",
    "KAFKA_BROKERS",
    "KAFKA_TOPIC_PREFIX",
    "ALLOWED_ORIGINS",
    "DEFAULT_SUCCESS_URL",
    "DEFAULT_CANCEL_URL",
    "JWT_SECRET",
    "SERVICE_TOKEN",
    "CSRF_KEY",
    "ORDER_TOKEN_KEYS",
    "PAYMENT_URL",
];

#[tokio::test(flavor = "multi_thread")]
async fn every_call_to_payment_service_is_one_line_that_names_order_payment_and_outcome() {
    let mut world = World::start().await;
    world.stop().await;
    let builder =
        Service::builder("order-service").env("LOG_FORMAT", "json").env("RUST_LOG", "debug,librdkafka=off");
    let pairs = NAMES.iter().filter_map(|name| Some((*name, world.setting(name)?)));
    let service = pairs.fold(builder, |builder, (name, value)| builder.env(name, value)).start().await;

    let guest = Client::guest(&service.url("")).await;
    let body = guest.checkout(&cart(&[("tea", 1)])).await.expect(200);
    let (order, token) = (&body["orderId"], body["orderToken"].as_str().unwrap());
    let path = format!("/api/orders/{}/cancel", order.as_str().unwrap());
    guest.with_order_token(token).post_empty(&path).await.expect(200);
    world.payments.down(true);
    assert_eq!(guest.checkout(&cart(&[("cup", 1)])).await.status, 503);

    let log = service.log();
    let lines: Vec<Value> = log.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let of = |message: &str| lines.iter().filter(|line| line["message"] == message).collect::<Vec<_>>();
    let called = of("payment-service called");
    let operations: Vec<_> = called.iter().map(|line| &line["operation"]).collect();
    assert_eq!(operations, [&json!("ensure session"), &json!("close")]);
    assert_eq!(called[1]["outcome"], "Closed");
    for line in &called {
        assert_eq!(&line["order_id"], order, "{line}");
        for field in ["payment_id", "request_id", "trace_id"] {
            assert!(line[field].is_string(), "{field}: {line}");
        }
    }
    let refused = of("payment-service refused");
    assert_eq!((refused.len(), &refused[0]["code"]), (1, &json!("payment_provider_unavailable")));
    let ended = of("order ended");
    assert_eq!((ended.len(), &ended[0]["status"]), (1, &json!("cancelled")));
    let route = |line: &&&Value| line["route"] == "/api/orders/checkout";
    let requests = of("request");
    assert!(requests.iter().find(route).unwrap()["payment_id"].is_string());

    let secrets =
        ["SERVICE_TOKEN", "JWT_SECRET", "CSRF_KEY", "ORDER_TOKEN_KEYS"].map(|name| world.setting(name));
    let secrets = secrets.iter().flatten().map(String::as_str);
    for secret in secrets.chain(["ada@example.com", "Lovelace", token]) {
        assert!(!log.contains(secret), "the log has {secret}");
    }
    world.payments.stop().await;
}
