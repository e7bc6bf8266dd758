//! A trace travels with its event.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use messaging::{Handler, HandlerError, Incoming};
use opentelemetry::trace::TraceContextExt;
use sea_orm::DatabaseTransaction;
use test_support::eventually;
use tracing::{Instrument, Span};
use tracing_opentelemetry::OpenTelemetrySpanExt;

use crate::world::{SOON, World, append, happened};

fn trace_id() -> String {
    let context = Span::current().context();
    context.span().span_context().trace_id().to_string()
}

struct Seen(Arc<Mutex<Option<String>>>);

#[async_trait]
impl Handler for Seen {
    async fn handle(&self, _: &DatabaseTransaction, message: &Incoming) -> Result<(), HandlerError> {
        assert!(message.header("traceparent").is_some());
        *self.0.lock().unwrap() = Some(trace_id());
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_handler_works_in_the_trace_of_the_publisher() {
    let world = World::new(1).await;
    let relay = world.relay();
    let seen = Arc::new(Mutex::new(None));
    let consumer = world.consumer(Seen(Arc::clone(&seen)));
    let published = async {
        append(&world.db, &world.writer, &[happened("k", 1)]).await;
        trace_id()
    }
    .instrument(tracing::info_span!("checkout"))
    .await;
    world.wakeup.notify();
    let handled = eventually(SOON, "the message is handled", async || seen.lock().unwrap().clone()).await;
    assert_eq!(handled, published);
    assert_ne!(handled, "0".repeat(32));
    let message = world.on_topic("order.paid").await.pop().unwrap();
    assert!(message.headers["traceparent"].starts_with(&format!("00-{published}-")));
    assert!(!message.headers.contains_key("tracestate"));
    consumer.stop().await;
    relay.stop().await;
}
