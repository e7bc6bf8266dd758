//! `product.*`: the catalogue, ours or another team's.

use kernel::{Currency, Major, ProductId};
use serde::{Deserialize, Serialize};

use crate::decode::event_family;
use crate::{Envelope, wire};

/// The state of a product after the change; of a deleted one, before it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProductSnapshot {
    /// Chosen by whoever owns the catalogue.
    pub product_id: ProductId,
    /// Counts this product's published snapshots, from 1, without gaps. Absent from producers that do not
    /// count: then the event's timestamp decides. Compare by [`Envelope::rank`], which knows both.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "wire::optional_integer")]
    pub sequence: Option<i64>,
    /// As shown to the customer.
    #[serde(default, deserialize_with = "wire::or_default")]
    pub name: String,
    /// Of one piece, major units, for people.
    #[serde(default = "wire::zero", deserialize_with = "wire::decimal")]
    pub price: Major,
    /// Of one piece, minor units.
    #[serde(default, deserialize_with = "wire::integer")]
    pub unit_amount: i64,
    /// Of the price.
    pub currency: Currency,
    /// URL of a picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// Pieces on hand, held ones included; absent where the producer keeps no stock.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "wire::optional_integer")]
    pub stock: Option<i64>,
}

/// A product is new in the catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProductCreated {
    /// The state after it.
    #[serde(flatten)]
    pub product: ProductSnapshot,
}

/// A product changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProductUpdated {
    /// The state after it.
    #[serde(flatten)]
    pub product: ProductSnapshot,
}

/// A product left the catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProductDeleted {
    /// The state before it.
    #[serde(flatten)]
    pub product: ProductSnapshot,
}

event_family! {
    /// Any event about a product.
    ProductEvent {
        Created(ProductCreated) on ProductCreated, key |event| event.product.product_id.to_string();
        Updated(ProductUpdated) on ProductUpdated, key |event| event.product.product_id.to_string();
        Deleted(ProductDeleted) on ProductDeleted, key |event| event.product.product_id.to_string();
    }
}

impl ProductEvent {
    /// The product's state.
    #[must_use]
    pub const fn product(&self) -> &ProductSnapshot {
        match self {
            Self::Created(event) => &event.product,
            Self::Updated(event) => &event.product,
            Self::Deleted(event) => &event.product,
        }
    }
}

impl Envelope<ProductEvent> {
    /// What tells the newer of two values of a product: its `sequence`, or microseconds since 1970 where the
    /// producer does not count. Whoever goes on counting from such a value stays above it, so every reader has
    /// to use the same unit. Microseconds stay below 2^53, what any JSON reader takes as an exact number.
    #[must_use]
    pub fn rank(&self) -> i64 {
        let micros = self.timestamp.unix_timestamp_nanos() / 1_000;
        self.data.product().sequence.unwrap_or_else(|| i64::try_from(micros).unwrap_or(i64::MAX))
    }
}
