//! What other services say: decoded here, applied by the use cases.

use std::sync::Arc;

use ::events::{PaymentEvent, ProductEvent, Topic};
use async_trait::async_trait;
use messaging::{Handler, HandlerError, Incoming};
use sea_orm::DatabaseTransaction;

use crate::app::apply_product_event::apply_product_event;
use crate::app::{App, Observed, record};

/// The consumer group.
pub(crate) const GROUP: &str = "order-service";

/// Everything that is consumed.
pub(crate) fn topics() -> Vec<Topic> {
    [PaymentEvent::TOPICS, ProductEvent::TOPICS].concat()
}

/// Applies messages through the use cases.
pub(crate) struct Events(pub(crate) Arc<App>);

#[async_trait]
impl Handler for Events {
    async fn handle(&self, tx: &DatabaseTransaction, message: &Incoming) -> Result<(), HandlerError> {
        let topic = message.topic.as_str();
        let applied = if topic.starts_with("product.") {
            let event = ProductEvent::decode(topic, &message.payload)?;
            apply_product_event(tx, &self.0, &event).await
        } else {
            let event = PaymentEvent::decode(topic, &message.payload)?;
            match Observed::from_event(event.data, event.event_id, event.timestamp) {
                Some(observed) => record::snapshot(tx, &self.0, &observed, &message.source).await,
                // A booking's payment is none of ours.
                None => Ok(()),
            }
        };
        applied.map_err(HandlerError::classify)
    }
}
