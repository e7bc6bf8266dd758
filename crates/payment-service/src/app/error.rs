//! Why a use case could not do what it was asked.

use std::fmt;
use std::sync::Arc;

use kernel::MoneyError;
use messaging::OutboxError;
use messaging::database::DatabaseCause;
use sea_orm::DbErr;
use service_kit::problem::Problem;

use super::PriceMismatch;
use super::ports::{CallError, Refusal};

/// Why a use case could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UseCaseError {
    /// There is no such purchase.
    #[error("no such purchase")]
    NotFound,
    /// The purchase takes no more payments.
    #[error("the purchase is closed")]
    Closed,
    /// The sum is not one that can be charged, or not the one agreed on.
    #[error("the purchase's sum is wrong: {0}")]
    WrongSum(SumError),
    /// Prices unlike the catalogue's.
    #[error("prices differ from the catalogue's")]
    PricesDiffer(Vec<PriceMismatch>),
    /// Stripe is away, and nothing happened there.
    #[error("Stripe is not available")]
    ProviderUnavailable,
    /// Stripe refused what we sent.
    #[error("Stripe refused: {} {} {}", .0.status, .0.code, .0.param)]
    ProviderRefused(Refusal),
    /// It is not known whether Stripe did it; the same call settles it.
    #[error("what Stripe did is not known yet")]
    OutcomeUnknown,
    /// The idempotency key stands in the way.
    #[error("the idempotency key does not allow it")]
    Key(#[source] Problem),
    /// Anything else, the database's errors among it.
    #[error(transparent)]
    Other(#[from] anyhow::Error),
}

/// What is wrong with a purchase's sum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SumError {
    /// It cannot be charged.
    #[error(transparent)]
    Money(#[from] MoneyError),
    /// It is not what the products cost together.
    #[error("the amount is not the sum of the products")]
    NotTheProducts,
    /// The purchase was begun with another one.
    #[error("the amount is another one than before")]
    Changed,
}

impl From<MoneyError> for UseCaseError {
    fn from(error: MoneyError) -> Self {
        Self::WrongSum(error.into())
    }
}

impl From<DbErr> for UseCaseError {
    fn from(error: DbErr) -> Self {
        Self::Other(error.into())
    }
}

impl From<OutboxError> for UseCaseError {
    fn from(error: OutboxError) -> Self {
        Self::Other(error.into())
    }
}

impl From<CallError> for UseCaseError {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Refused(refusal) => Self::ProviderRefused(refusal),
            CallError::NotDone => Self::ProviderUnavailable,
            CallError::Unknown { .. } => Self::OutcomeUnknown,
        }
    }
}

/// Of a read that several callers shared.
impl From<Arc<UseCaseError>> for UseCaseError {
    fn from(shared: Arc<UseCaseError>) -> Self {
        match shared.as_ref() {
            Self::NotFound => Self::NotFound,
            Self::Closed => Self::Closed,
            Self::ProviderUnavailable => Self::ProviderUnavailable,
            Self::ProviderRefused(refusal) => Self::ProviderRefused(refusal.clone()),
            Self::OutcomeUnknown => Self::OutcomeUnknown,
            _ => Self::Other(anyhow::Error::new(Shared(shared))),
        }
    }
}

#[derive(Debug)]
struct Shared(Arc<UseCaseError>);

impl fmt::Display for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a shared read of the session failed")
    }
}

impl std::error::Error for Shared {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self.0.as_ref() {
            // It stands for what is in it, so that a database's error is still found.
            UseCaseError::Other(error) => Some(error.as_ref()),
            error => Some(error),
        }
    }
}

impl DatabaseCause for UseCaseError {
    fn database_cause(&self) -> Option<&DbErr> {
        match self {
            Self::Other(error) => error.database_cause(),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use messaging::database::is_infrastructure;

    use super::*;

    #[test]
    fn an_outage_in_a_shared_read_is_still_one() {
        let outage = UseCaseError::from(DbErr::ConnectionAcquire(sea_orm::ConnAcquireErr::Timeout));
        let told = UseCaseError::from(Arc::new(outage));
        assert!(told.database_cause().is_some_and(is_infrastructure), "{told:?}");
    }
}
