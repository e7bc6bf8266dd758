//! What was missed is found again: webhooks that never came, answers that were lost, a database put back to an older
//! state.

mod dropped;
mod restored;
mod unanswered;

use serde_json::Value;
use test_support::{Finished, ServiceBuilder};
use tests_e2e::world::World;

/// A shop whose payment-service looks at Stripe's books all the time.
async fn reconciling() -> World {
    World::with(|name, service| match name {
        "payment-service" => service.env("RECONCILE_INTERVAL", "500ms"),
        _ => service,
    })
    .await
}

/// `payment-service reconcile`, beside the service or while it is ended.
fn reconcile(world: &World, arguments: &[&str]) -> ServiceBuilder {
    let command = world.payments.again().arg("reconcile");
    arguments.iter().fold(command, |command, argument| command.arg(*argument))
}

/// The report of a run.
fn report(finished: &Finished) -> Value {
    serde_json::from_str(&finished.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}\n{}", finished.stdout, finished.stderr))
}

/// What the database holds of the business, in words that can be compared.
async fn contents(world: &World) -> Vec<String> {
    let mut all = Vec::new();
    for table in [
        "purchases",
        "payments",
        "refunds",
        "refund_requests",
        "payment_declines",
        "stripe_requests",
        "outbox",
    ] {
        let sql = format!("SELECT '{table} ' || row_to_json(t)::text FROM {table} t ORDER BY 1");
        all.extend(world.databases.payments.texts(&sql).await);
    }
    for table in ["stripe_events", "payment_history", "reconcile_runs", "inbox"] {
        let sql = format!("SELECT '{table} ' || count(*)::text FROM {table}");
        all.extend(world.databases.payments.texts(&sql).await);
    }
    all
}

/// Per payment: what Stripe's books say of its money, and what ours do; they have to be the same.
async fn books_agree(world: &World) -> usize {
    let books = world.sandbox.books().await;
    let mut stripe: Vec<String> = Vec::new();
    for intent in books["paymentIntents"].as_array().unwrap() {
        let payment = intent["metadata"]["tender_payment_id"].as_str().unwrap_or("unknown");
        if intent["captured"].as_i64() != Some(0) {
            stripe.push(format!("{payment} {} {}", intent["captured"], intent["refunded"]));
        }
    }
    stripe.sort();
    let sql = "SELECT id::text || ' ' || amount_received || ' ' || amount_refunded FROM payments \
               WHERE amount_received > 0 ORDER BY 1";
    assert_eq!(world.databases.payments.texts(sql).await, stripe, "our books and Stripe's");
    stripe.len()
}
