//! Turns what happened to orders and payments into mails.

use std::sync::Arc;

use async_trait::async_trait;
use events::{OrderEvent, OrderSnapshot, PaymentEvent, Topic};
use kernel::{Clock, EventId};
use messaging::{Handler, HandlerError, Incoming, Source};
use sea_orm::{DatabaseTransaction, DbErr};
use tokio::sync::Notify;

use super::letters::{order_facts, payment_facts, purchase, refund_facts};
use crate::app::{announce, confirmation, settle};
use crate::domain::{Announcement, Letter, NotificationId, Settlement};
use crate::trace;

/// The consumer group.
pub(crate) const GROUP: &str = "notification-service";
/// This service, should it ever publish.
pub(crate) const SOURCE: Source = Source("/notification-service");
/// What it reads.
pub(crate) const TOPICS: &[Topic] = &[
    Topic::PaymentFailed,
    Topic::PaymentSuccessful,
    Topic::PaymentRefunded,
    Topic::OrderPaid,
    Topic::OrderCancelled,
    Topic::OrderExpired,
];

/// Applies one event, in the consumer's transaction.
pub(crate) struct CustomerEvents {
    pub(crate) clock: Arc<dyn Clock>,
    /// The right side of every Message-ID.
    pub(crate) mail_domain: String,
    /// Wakes the delivery.
    pub(crate) wake: Arc<Notify>,
}

#[async_trait]
impl Handler for CustomerEvents {
    async fn handle(&self, tx: &DatabaseTransaction, message: &Incoming) -> Result<(), HandlerError> {
        let topic = message.topic.as_str();
        if topic.starts_with("payment.") {
            let event = PaymentEvent::decode(topic, &message.payload)?;
            self.payment(tx, &event.data).await?;
        } else {
            let event = OrderEvent::decode(topic, &message.payload)?;
            self.order(tx, event.data).await?;
        }
        Ok(())
    }

    fn committed(&self) {
        self.wake.notify_one();
    }
}

impl CustomerEvents {
    async fn payment(&self, tx: &DatabaseTransaction, event: &PaymentEvent) -> Result<(), DbErr> {
        let payment = event.payment();
        let payment_id = payment.payment_id.to_string();
        let Some(purchase) = purchase(payment) else {
            tracing::warn!(payment_id, "A payment is for nothing we know");
            return Ok(());
        };
        let (letter, subject) = match event {
            PaymentEvent::Successful(_) => {
                let settlement = Settlement { paid_sequence: None };
                return settle(tx, purchase.id(), settlement, self.clock.now()).await;
            }
            PaymentEvent::Failed(failed) => {
                (Letter::PaymentFailed(payment_facts(failed, purchase)), payment_id.clone())
            }
            // Only money that went back is told: a refund under way may still fail.
            PaymentEvent::Refunded(refunded) if refunded.refund_status == "succeeded" => {
                (Letter::PaymentRefunded(refund_facts(refunded, purchase)), refunded.refund_id.clone())
            }
            PaymentEvent::Refunded(_)
            | PaymentEvent::Created(_)
            | PaymentEvent::Processing(_)
            | PaymentEvent::Expired(_) => return Ok(()),
        };
        self.announce(
            tx,
            Announcement {
                letter,
                subject,
                recipient: payment.email.as_deref(),
                order_id: payment.order_id.map(|id| id.to_string()),
                payment_id: Some(payment_id),
                sequence: None,
                traceparent: trace::current(),
            },
        )
        .await
    }

    async fn order(&self, tx: &DatabaseTransaction, event: OrderEvent) -> Result<(), DbErr> {
        match event {
            OrderEvent::Paid(event) => {
                let settlement = Settlement { paid_sequence: Some(event.order.sequence) };
                settle(tx, &event.order.order_id.to_string(), settlement, self.clock.now()).await?;
                let letter = confirmation(tx, order_facts(&event.order), event.order.sequence).await?;
                self.about_order(tx, letter, &event.order).await
            }
            OrderEvent::Cancelled(event) => {
                self.about_order(tx, Letter::OrderCancelled(order_facts(&event.order)), &event.order).await
            }
            OrderEvent::Expired(event) => {
                self.about_order(tx, Letter::OrderExpired(order_facts(&event.order)), &event.order).await
            }
            OrderEvent::Created(_) | OrderEvent::RefundRequested(_) => Ok(()),
        }
    }

    async fn about_order(
        &self,
        tx: &DatabaseTransaction,
        letter: Letter,
        order: &OrderSnapshot,
    ) -> Result<(), DbErr> {
        let order_id = order.order_id.to_string();
        self.announce(
            tx,
            Announcement {
                letter,
                subject: order_id.clone(),
                recipient: order.email.as_deref(),
                order_id: Some(order_id),
                payment_id: None,
                sequence: Some(order.sequence),
                traceparent: trace::current(),
            },
        )
        .await
    }

    async fn announce(&self, tx: &DatabaseTransaction, announcement: Announcement<'_>) -> Result<(), DbErr> {
        // A version 7 UUID like every id of ours, so that rows sort by age.
        let id = NotificationId(EventId::generate(self.clock.as_ref()).uuid());
        announce(tx, announcement, id, &self.mail_domain, self.clock.now()).await
    }
}
