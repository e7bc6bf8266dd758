//! Where use cases reach beyond this service.

use ::events::purchases::{EnsureSession, Purchase};
use async_trait::async_trait;
use kernel::OrderId;

/// Why payment-service did not answer what was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PaymentsError {
    #[error("payment-service does not know it")]
    NotFound,
    /// Not reached, not in time, or not understood.
    #[error("payment-service cannot be reached")]
    Unreachable(#[source] anyhow::Error),
    /// It answered a problem with this code.
    #[error("payment-service answered `{code}`")]
    Problem { code: String },
}

/// payment-service's internal purchases API.
#[async_trait]
pub(crate) trait Payments: Send + Sync + std::fmt::Debug {
    /// The order's live Session, or the next attempt's.
    async fn ensure_session(&self, order: OrderId, body: &EnsureSession) -> Result<Purchase, PaymentsError>;

    /// The purchase after its live Session was read from Stripe: one read at most.
    async fn refresh(&self, order: OrderId) -> Result<Purchase, PaymentsError>;

    /// Ends the purchase; the answer's `outcome` says how far that came.
    async fn close(&self, order: OrderId, generation: i64) -> Result<Purchase, PaymentsError>;

    /// The purchase that a Session belongs to.
    async fn by_session(&self, session_id: &str) -> Result<Purchase, PaymentsError>;
}
