//! Why a use case did not do what it was asked to.

use kernel::{OrderId, ProductId};
use messaging::OutboxError;
use messaging::database::DatabaseCause;
use sea_orm::DbErr;
use service_kit::problem::Problem;

use crate::app::ports::PaymentsError;
use crate::domain::pricing;
use crate::domain::state::InvalidTransition;

/// Why a use case did not do what it was asked to.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// There is none, or it is not the caller's.
    #[error("there is no such order")]
    NotFound,
    /// There is no such product in the catalogue.
    #[error("there is no such product")]
    NoProduct,
    /// The catalogue does not sell this cart.
    #[error("the cart cannot be bought")]
    Cart(Vec<pricing::Problem>),
    /// Not enough of this product is available.
    #[error("there is not enough of a product")]
    OutOfStock(ProductId),
    /// The stock would be less than what is held for orders.
    #[error("more is held than that")]
    StockBelowHeld,
    #[error("the order is paid")]
    AlreadyPaid,
    /// It was cancelled, has expired or is being closed.
    #[error("the order cannot be paid")]
    NotPayable,
    #[error("a payment of the order is being processed")]
    Processing,
    #[error("the command is not allowed")]
    Forbidden(#[from] InvalidTransition),
    /// Used for another request, or its first call is still running.
    #[error("the idempotency key cannot be used")]
    Key(#[source] Box<Problem>),
    #[error("the session is too old")]
    SessionTooOld,
    /// payment-service could not do its part.
    #[error("payment-service did not do its part")]
    Payments(#[from] PaymentsError),
    /// The order is kept, but has no Session yet: the same call goes on with it.
    #[error("order {number} has no session yet")]
    Unfinished {
        order_id: OrderId,
        number: String,
        #[source]
        cause: PaymentsError,
    },
    #[error("the database failed")]
    Database(#[from] DbErr),
    #[error("an event could not be appended")]
    Outbox(#[from] OutboxError),
    #[error(transparent)]
    Other(#[from] anyhow::Error),
}

impl DatabaseCause for Error {
    fn database_cause(&self) -> Option<&DbErr> {
        match self {
            Self::Database(error) => Some(error),
            Self::Outbox(error) => error.database_cause(),
            Self::Other(error) => error.database_cause(),
            _ => None,
        }
    }
}
