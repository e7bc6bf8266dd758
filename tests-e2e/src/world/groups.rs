//! Which service reads what.

use test_support::{Group, TestTopics};

/// Whether a service reads this topic, which is told without the shop's prefix.
pub(super) fn reads(service: &str, topic: &str) -> bool {
    match service {
        "order-service" => topic.starts_with("payment.") || topic.starts_with("product."),
        "payment-service" => {
            topic.starts_with("product.") || ["order.refund_requested", "order.cancelled"].contains(&topic)
        }
        _ => [
            "payment.failed",
            "payment.successful",
            "payment.refunded",
            "order.paid",
            "order.cancelled",
            "order.expired",
        ]
        .contains(&topic),
    }
}

/// The consumer groups of a shop.
pub fn groups(brokers: &str, topics: &TestTopics) -> [Group; 3] {
    let (prefix, names) = (topics.prefix(), topics.names());
    ["order-service", "payment-service", "notification-service"].map(|service| Group {
        brokers: brokers.to_owned(),
        name: prefix.topic(service),
        topics: names.iter().filter(|name| reads(service, &name[prefix.as_str().len()..])).cloned().collect(),
    })
}
