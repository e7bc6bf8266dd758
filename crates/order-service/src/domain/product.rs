//! A product of the catalogue.

use kernel::{Money, ProductId};
use time::OffsetDateTime;

/// A product and its stock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Product {
    pub(crate) id: ProductId,
    pub(crate) name: String,
    pub(crate) description: String,
    /// Price of one.
    pub(crate) unit: Money,
    pub(crate) image: Option<String>,
    /// Pieces on hand.
    pub(crate) stock: i64,
    /// Of these, held for pending orders.
    pub(crate) held: i64,
    pub(crate) sequence: i64,
    pub(crate) deleted: bool,
    pub(crate) created_at: OffsetDateTime,
    pub(crate) updated_at: OffsetDateTime,
}
