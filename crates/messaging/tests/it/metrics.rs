//! What operators see.

use std::time::Duration;

use events::Topic;
use messaging::{ConsumerConfig, Incoming, RelayConfig};
use opentelemetry_sdk::metrics::SdkMeterProvider;
use prometheus::{Encoder, Registry, TextEncoder};
use test_support::{eventually, unique};

use crate::world::{READER, SOON, Step, World, Writer, happened, happened_on, n_of};

/// For the whole process: other tests' numbers have other labels.
fn install() -> Registry {
    let registry = Registry::new();
    let exporter = opentelemetry_prometheus::exporter().with_registry(registry.clone()).build().unwrap();
    opentelemetry::global::set_meter_provider(SdkMeterProvider::builder().with_reader(exporter).build());
    registry
}

fn text(registry: &Registry) -> String {
    let mut text = Vec::new();
    TextEncoder::new().encode(&registry.gather(), &mut text).unwrap();
    String::from_utf8(text).unwrap()
}

/// The value of the first series of `name` that has all of `labels`.
fn value(registry: &Registry, name: &str, labels: &[&str]) -> Option<f64> {
    let text = text(registry);
    let line = text.lines().find(|line| {
        line.starts_with(&format!("{name}{{")) && labels.iter().all(|label| line.contains(label))
    })?;
    line.rsplit(' ').next()?.parse().ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn backlog_lag_and_what_became_of_messages_are_measured() {
    let registry = install();
    let mut world = World::new(1).await;
    let (service, group) = (unique("service"), unique("group"));
    world.kafka.client_id.clone_from(&service);
    let service = format!("service=\"{service}\"");
    let _topics = world.prefix.create_topics(&[&format!("{group}.dlq")], 1).await;
    let mut unknown = happened("k", 1);
    unknown.event_type = "order.teleported".to_owned();
    let stuck = happened_on(Topic::PaymentSuccessful, "k", 9);
    world.publish(&[unknown, happened("k", 2), happened("k", 3), stuck]).await;
    let relay = world
        .relay_with(RelayConfig { measure_interval: Duration::from_millis(100), ..RelayConfig::default() });
    let expect = async |name: &str, labels: &[&str], wanted: &dyn Fn(f64) -> bool| {
        eventually(SOON, format!("{name}{labels:?}"), async || match value(&registry, name, labels) {
            Some(value) if wanted(value) => Ok(()),
            other => Err(format!("{other:?} in {}", text(&registry))),
        })
        .await;
    };
    expect("outbox_published_total", &[&service], &|value| value >= 3.0).await;
    expect("outbox_rows", &[&service], &|value| value == 1.0).await;
    expect("outbox_oldest_age_seconds", &[&service], &|value| value > 0.0).await;
    expect("outbox_set_aside_rows", &[&service], &|value| value == 0.0).await;
    expect("outbox_publish_failures_total", &[&service], &|value| value >= 1.0).await;

    let config = ConsumerConfig::new(&group, [Topic::OrderPaid], READER);
    let consumer = world.consumer_with(
        config,
        Writer::scripted(|message: &Incoming| if n_of(message) == 3 { Step::Fail } else { Step::Apply }),
    );
    world.effects(1).await;
    world.counts("dead_letters", 1).await;
    let group = format!("group=\"{group}\"");
    let labels: &[&str] = &[&group, "topic=\"order.paid\""];
    expect("consumer_handled_total", labels, &|value| value == 1.0).await;
    expect("consumer_unknown_types_total", labels, &|value| value == 1.0).await;
    expect("consumer_dead_letters_total", labels, &|value| value == 1.0).await;
    expect("dead_letter_rows", &[&service], &|value| value == 1.0).await;
    expect("consumer_retries_total", labels, &|value| value == 4.0).await;
    expect("consumer_lag", labels, &|value| value == 0.0).await;
    // The same event twice.
    let event = happened("k", 4);
    world.publish(&[event.clone(), event]).await;
    expect("consumer_duplicates_total", labels, &|value| value == 1.0).await;
    world.effects(2).await;
    consumer.stop().await;
    relay.stop().await;
}
