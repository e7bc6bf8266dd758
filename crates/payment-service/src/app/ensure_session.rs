//! The purchase's payable Session: the live one, or the next attempt's. Asked for by order-service.

use std::collections::BTreeMap;

use async_trait::async_trait;
use events::purchases::Purchase as PurchaseView;
use kernel::Money;
use sea_orm::DatabaseTransaction;
use serde_json::Value;
use time::OffsetDateTime;

use super::error::SumError;
use super::payable_session::{Accepted, Wanted, settle};
use super::{App, UseCaseError};
use crate::domain::{Item, Kind, Payment, Purchase, PurchaseState, Redirects, session_end, total};
use crate::store::{payments, purchases};

/// What order-service asks for.
#[derive(Debug, Clone)]
pub(crate) struct EnsureSession {
    /// The order.
    pub(crate) id: String,
    /// The order's generation.
    pub(crate) generation: i64,
    /// Who pays.
    pub(crate) user_id: String,
    /// Where mails go.
    pub(crate) email: Option<String>,
    /// What is to be paid.
    pub(crate) money: Money,
    /// What for.
    pub(crate) items: Vec<Item>,
    /// As on events.
    pub(crate) shipping_address: Option<Value>,
    /// Where Stripe's page sends the customer.
    pub(crate) redirects: Redirects,
    /// Stripe's words, where the caller says.
    pub(crate) payment_method_types: Option<Vec<String>>,
    /// Until when the stock is held.
    pub(crate) hold_until: OffsetDateTime,
    /// The caller's own pairs.
    pub(crate) metadata: BTreeMap<String, String>,
}

/// Answers the purchase with its payable Session, or as it is when there is none to be had: paid, processing, or of a
/// newer generation.
///
/// # Errors
/// `Closed`, `WrongSum`, `ProviderUnavailable`, `ProviderRefused`, `OutcomeUnknown`.
pub(crate) async fn ensure_session(app: &App, wanted: &EnsureSession) -> Result<PurchaseView, UseCaseError> {
    if total(&wanted.items, wanted.money.currency)? != wanted.money {
        return Err(UseCaseError::WrongSum(SumError::NotTheProducts));
    }
    wanted.money.check_chargeable()?;
    settle(app, wanted).await
}

#[async_trait]
impl Wanted for EnsureSession {
    async fn accept(&self, app: &App, tx: &DatabaseTransaction) -> Result<Accepted, UseCaseError> {
        let now = app.clock.now();
        let asked = purchase_of(app, self, now);
        purchases::insert_if_absent(tx, &asked, now).await?;
        let known = purchases::lock(tx, &self.id).await?.ok_or(UseCaseError::NotFound)?;
        if self.generation < known.generation {
            return Ok(Accepted::AsItIs(known));
        }
        if self.generation > known.generation {
            let renewed = Purchase { attempts: known.attempts, created_at: known.created_at, ..asked };
            purchases::save(tx, &renewed, now).await?;
            return Ok(Accepted::Current(renewed));
        }
        if !known.is_open() {
            // Closed while it was being paid: who has paid must not hear that there is nothing to pay.
            let payments = payments::of_purchase(tx, &known.id).await?;
            let paid = payments.iter().any(Payment::is_paid);
            return if paid { Ok(Accepted::AsItIs(known)) } else { Err(UseCaseError::Closed) };
        }
        if known.money != self.money {
            return Err(UseCaseError::WrongSum(SumError::Changed));
        }
        Ok(Accepted::Current(known))
    }

    fn expires_at(&self, _: &App, now: OffsetDateTime) -> OffsetDateTime {
        session_end(now, self.hold_until)
    }
}

fn purchase_of(app: &App, wanted: &EnsureSession, now: OffsetDateTime) -> Purchase {
    let methods = wanted.payment_method_types.clone().filter(|methods| !methods.is_empty());
    Purchase {
        id: wanted.id.clone(),
        kind: Kind::Order,
        state: PurchaseState::Open,
        generation: wanted.generation,
        user_id: wanted.user_id.clone(),
        email: wanted.email.clone(),
        money: wanted.money,
        items: wanted.items.clone(),
        shipping_address: wanted.shipping_address.clone(),
        redirects: wanted.redirects.clone(),
        payment_method_types: methods.unwrap_or_else(|| app.policy.payment_method_types.clone()),
        metadata: wanted.metadata.clone(),
        attempts: 0,
        close_due: None,
        created_at: now,
    }
}
