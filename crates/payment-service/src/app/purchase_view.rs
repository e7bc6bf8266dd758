//! A purchase with its payments, as the internal API answers it.

use events::purchases::{self, CloseOutcome, PaymentState, PurchaseKind, PurchaseState};
use messaging::database;
use sea_orm::{DatabaseConnection, DatabaseTransaction};

use super::UseCaseError;
use super::snapshot::snapshot;
use crate::domain::{self, Kind, Payment, Purchase, Status};
use crate::store;

/// The purchase as it stands in the database: the number of a payment's snapshot and its refunds are of one moment.
pub(super) async fn load(db: &DatabaseConnection, id: &str) -> Result<purchases::Purchase, UseCaseError> {
    database::snapshot(db, async |tx: &DatabaseTransaction| {
        let purchase = store::purchases::find(tx, id).await?.ok_or(UseCaseError::NotFound)?;
        let payments = store::payments::of_purchase(tx, id).await?;
        Ok(view(&purchase, &payments))
    })
    .await
}

/// The purchase as the internal API answers it.
pub(super) fn view(purchase: &Purchase, payments: &[Payment]) -> purchases::Purchase {
    purchases::Purchase {
        id: purchase.id.clone(),
        kind: match purchase.kind {
            Kind::Order => PurchaseKind::Order,
            Kind::Booking => PurchaseKind::Booking,
        },
        state: match purchase.state {
            domain::PurchaseState::Open => PurchaseState::Open,
            domain::PurchaseState::Closed => PurchaseState::Closed,
        },
        generation: purchase.generation,
        payments: payments.iter().map(|payment| state(purchase, payment)).collect(),
        outcome: None,
    }
}

fn state(purchase: &Purchase, payment: &Payment) -> PaymentState {
    PaymentState {
        event_id: payment.last_event_id,
        snapshot: snapshot(purchase, payment),
        url: payment.url.clone(),
        client_secret: payment.client_secret.clone(),
        expires_at: Some(payment.expires_at),
        created_at: payment.created_at,
    }
}

/// What a close came to, by what is left.
pub(super) fn close_outcome(payments: &[Payment]) -> CloseOutcome {
    if payments.iter().any(Payment::is_paid) {
        CloseOutcome::Paid
    } else if payments.iter().any(|payment| payment.status == Status::Processing) {
        CloseOutcome::Processing
    } else if payments.iter().any(|payment| payment.status.is_live()) {
        CloseOutcome::Unknown
    } else {
        CloseOutcome::Closed
    }
}
