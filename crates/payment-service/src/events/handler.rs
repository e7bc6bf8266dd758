//! `product.*`, `order.refund_requested` and `order.cancelled`.

use std::sync::Arc;

use async_trait::async_trait;
use events::{OrderEvent, ProductEvent, Topic};
use messaging::{Handler, HandlerError, Incoming, Source};
use sea_orm::DatabaseTransaction;

use crate::app::{self, App};

/// The consumer group, and the service's name.
pub(crate) const GROUP: &str = "payment-service";
/// Who we are on events.
pub(crate) const SOURCE: Source = Source("/payment-service");
/// What is read.
pub(crate) const TOPICS: &[Topic] = &[
    Topic::ProductCreated,
    Topic::ProductUpdated,
    Topic::ProductDeleted,
    Topic::OrderRefundRequested,
    Topic::OrderCancelled,
];

/// Applies messages by the use cases.
pub(crate) struct Handled(pub(crate) Arc<App>);

#[async_trait]
impl Handler for Handled {
    async fn handle(&self, tx: &DatabaseTransaction, message: &Incoming) -> Result<(), HandlerError> {
        let app = &self.0;
        if message.topic.starts_with("product.") {
            let event = ProductEvent::decode(&message.topic, &message.payload)?;
            return Ok(app::project_product(app.clock.as_ref(), tx, &event).await?);
        }
        match OrderEvent::decode(&message.topic, &message.payload)?.data {
            OrderEvent::RefundRequested(asked) => {
                app::request_refund(app, tx, &asked).await.map_err(HandlerError::classify)
            }
            OrderEvent::Cancelled(cancelled) => {
                Ok(app::order_cancelled(app, tx, cancelled.order.order_id).await?)
            }
            // Not subscribed to.
            _ => Ok(()),
        }
    }

    fn committed(&self) {
        self.0.work.requests.notify_one();
        self.0.work.closed.notify_one();
    }
}
