//! Parts that several payloads share.

use kernel::{Major, ProductId};
use serde::{Deserialize, Serialize};

use crate::wire;

/// One line of a purchase.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LineItem {
    /// Absent when a frontend named the product only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product_id: Option<ProductId>,
    /// As shown to the customer.
    #[serde(default, deserialize_with = "wire::or_default")]
    pub name: String,
    /// Pieces.
    #[serde(default, deserialize_with = "wire::integer")]
    pub quantity: u32,
    /// Of one piece, major units, for people.
    #[serde(default = "wire::zero", deserialize_with = "wire::decimal")]
    pub price: Major,
    /// Of one piece, minor units.
    #[serde(default, deserialize_with = "wire::integer")]
    pub unit_amount: i64,
    /// URL of a picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
}

/// Where the goods go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ShippingAddress {
    /// Given name.
    #[serde(default, deserialize_with = "wire::or_default")]
    pub first_name: String,
    /// Family name.
    #[serde(default, deserialize_with = "wire::or_default")]
    pub last_name: String,
    /// Street and number.
    #[serde(default, deserialize_with = "wire::or_default")]
    pub line1: String,
    /// Floor, flat, company.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line2: Option<String>,
    /// City.
    #[serde(default, deserialize_with = "wire::or_default")]
    pub city: String,
    /// State or province.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// Postal code.
    #[serde(default, deserialize_with = "wire::or_default")]
    pub postal_code: String,
    /// ISO 3166-1 alpha-2.
    #[serde(default, deserialize_with = "wire::or_default")]
    pub country: String,
    /// For the carrier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
}

/// Why the newest attempt to pay did not work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LastError {
    /// Stripe's error code (`card_declined`).
    #[serde(default, deserialize_with = "wire::or_default")]
    pub code: String,
    /// The bank's reason (`insufficient_funds`), where it gave one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decline_code: Option<String>,
    /// For people, safe to show.
    #[serde(default, deserialize_with = "wire::or_default")]
    pub message: String,
    /// Whether the same method may work when it is tried again.
    #[serde(default, deserialize_with = "wire::or_default")]
    pub retryable: bool,
}
