//! Turns what happened to orders and payments into mails.

use std::sync::Arc;

use async_trait::async_trait;
use events::{OrderEvent, OrderSnapshot, PaymentEvent, PaymentFailed, PaymentRefunded, Topic};
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
            self.payment(tx, event.data).await?;
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
    async fn payment(&self, tx: &DatabaseTransaction, event: PaymentEvent) -> Result<(), DbErr> {
        match event {
            PaymentEvent::Failed(failed) => self.failed(tx, &failed).await,
            PaymentEvent::Successful(successful) => match purchase(&successful.payment) {
                Some(purchase) => {
                    let settlement = Settlement { paid_sequence: None };
                    settle(tx, purchase.id(), settlement, self.clock.now()).await
                }
                None => Ok(()),
            },
            PaymentEvent::Refunded(refunded) => self.refunded(tx, &refunded).await,
            PaymentEvent::Created(_) | PaymentEvent::Processing(_) | PaymentEvent::Expired(_) => Ok(()),
        }
    }

    /// Only money that went back is told: a refund under way may still fail.
    async fn refunded(&self, tx: &DatabaseTransaction, refunded: &PaymentRefunded) -> Result<(), DbErr> {
        if refunded.refund_status != "succeeded" {
            return Ok(());
        }
        let payment = &refunded.payment;
        let Some(facts) = refund_facts(refunded) else {
            tracing::warn!(payment_id = %payment.payment_id, "A refund is for nothing we know");
            return Ok(());
        };
        self.announce(
            tx,
            Announcement {
                letter: Letter::PaymentRefunded(facts),
                subject: refunded.refund_id.clone(),
                recipient: payment.email.as_deref(),
                order_id: payment.order_id.map(|id| id.to_string()),
                payment_id: Some(payment.payment_id.to_string()),
                sequence: None,
                traceparent: trace::current(),
            },
        )
        .await
    }

    async fn failed(&self, tx: &DatabaseTransaction, failed: &PaymentFailed) -> Result<(), DbErr> {
        let payment = &failed.payment;
        let Some(facts) = payment_facts(failed) else {
            tracing::warn!(payment_id = %payment.payment_id, "A failed payment is for nothing we know");
            return Ok(());
        };
        self.announce(
            tx,
            Announcement {
                letter: Letter::PaymentFailed(facts),
                subject: payment.payment_id.to_string(),
                recipient: payment.email.as_deref(),
                order_id: payment.order_id.map(|id| id.to_string()),
                payment_id: Some(payment.payment_id.to_string()),
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
