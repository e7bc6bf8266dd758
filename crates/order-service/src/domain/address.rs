//! Where an order is sent.

use serde::{Deserialize, Serialize};

/// A postal address, every field trimmed and checked at the edge. Stored as JSON in the contract's words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Address {
    pub(crate) first_name: String,
    pub(crate) last_name: String,
    pub(crate) line1: String,
    pub(crate) line2: Option<String>,
    pub(crate) city: String,
    pub(crate) state: Option<String>,
    pub(crate) postal_code: String,
    /// ISO 3166-1 alpha-2, upper case.
    pub(crate) country: String,
    pub(crate) phone: Option<String>,
}
