//! A snapshot of a payment, from wherever it came: an event, or an answer of payment-service.

use ::events::purchases::PaymentState;
use ::events::{LineItem, PaymentEvent, PaymentSnapshot, ShippingAddress};
use kernel::{EventId, Money, OrderId};
use time::OffsetDateTime;

use crate::domain::address::Address;
use crate::domain::payment::{Details, LastError, Payment, PaymentStatus};
use crate::store::payments::Refund;

/// What was seen of a payment.
#[derive(Debug, Clone)]
pub(crate) struct Observed {
    pub(crate) order_id: OrderId,
    pub(crate) payment: Payment,
    /// What an order is made from if there is none yet.
    pub(crate) purchase: Bought,
    pub(crate) refund: Option<Refund>,
    /// The event that published the snapshot.
    pub(crate) event_id: Option<EventId>,
}

/// Who bought what, as the payment tells it.
#[derive(Debug, Clone)]
pub(crate) struct Bought {
    pub(crate) user_id: String,
    pub(crate) email: Option<String>,
    pub(crate) lines: Vec<LineItem>,
    pub(crate) address: Option<Address>,
}

impl Observed {
    /// From an event; none when it is about a booking.
    pub(crate) fn from_event(event: PaymentEvent, event_id: EventId, at: OffsetDateTime) -> Option<Self> {
        let mut observed = Self::from_snapshot(event.payment().clone(), at)?;
        observed.event_id = Some(event_id);
        match event {
            PaymentEvent::Created(created) => {
                observed.payment.details.url = created.url;
                observed.payment.details.expires_at = Some(created.expires_at);
                observed.purchase.address = created.shipping_address.map(address);
            }
            PaymentEvent::Successful(successful) => {
                observed.payment.details.method =
                    Some(successful.payment_method).filter(|text| !text.is_empty());
            }
            PaymentEvent::Refunded(refunded) => {
                observed.refund = Some(Refund {
                    id: refunded.refund_id,
                    payment_id: observed.payment.id,
                    amount: refunded.refund_amount,
                    status: refunded.refund_status,
                    reason: refunded.reason,
                    sequence: observed.payment.sequence,
                    created_at: at,
                });
            }
            PaymentEvent::Processing(_) | PaymentEvent::Failed(_) | PaymentEvent::Expired(_) => {}
        }
        Some(observed)
    }

    /// From an answer; none when it is about a booking.
    pub(crate) fn from_state(state: PaymentState) -> Option<Self> {
        let mut observed = Self::from_snapshot(state.snapshot, state.created_at)?;
        observed.event_id = state.event_id;
        observed.payment.details.url = state.url;
        observed.payment.details.expires_at = state.expires_at;
        Some(observed)
    }

    fn from_snapshot(snapshot: PaymentSnapshot, at: OffsetDateTime) -> Option<Self> {
        Some(Self {
            order_id: snapshot.order_id?,
            payment: Payment {
                id: snapshot.payment_id,
                attempt: snapshot.attempt,
                sequence: snapshot.sequence,
                status: PaymentStatus::from_text(&snapshot.status),
                money: Money::new(snapshot.amount, snapshot.currency),
                amount_refunded: snapshot.amount_refunded,
                declines: snapshot.declines,
                last_error: snapshot.last_error.map(|error| LastError {
                    code: error.code,
                    decline_code: error.decline_code,
                    message: error.message,
                    retryable: error.retryable,
                }),
                details: Details {
                    session_id: snapshot.session_id,
                    payment_intent_id: snapshot.payment_intent_id,
                    ..Details::default()
                },
                created_at: at,
            },
            purchase: Bought {
                user_id: snapshot.user_id,
                email: snapshot.email,
                lines: snapshot.products,
                address: None,
            },
            refund: None,
            event_id: None,
        })
    }
}

fn address(address: ShippingAddress) -> Address {
    Address {
        first_name: address.first_name,
        last_name: address.last_name,
        line1: address.line1,
        line2: address.line2,
        city: address.city,
        state: address.state,
        postal_code: address.postal_code,
        country: address.country,
        phone: address.phone,
    }
}
