//! What makes two checkouts the same one for the 60 s in which a buyer without a key is deduplicated.

use kernel::ProductId;
use sha2::{Digest, Sha256};

use crate::domain::address::Address;

/// Buyer, lines and address of a checkout.
#[derive(Debug)]
pub(crate) struct Purchase<'a> {
    /// `user:ID` or `guest:MAIL` with the mail in lower case.
    pub(crate) buyer: &'a str,
    pub(crate) lines: &'a [(ProductId, u32)],
    pub(crate) currency: &'a str,
    pub(crate) address: &'a Address,
}

/// A hash that is equal for equal purchases, whatever the order of their lines.
pub(crate) fn of(purchase: &Purchase<'_>) -> String {
    let mut lines = purchase.lines.to_vec();
    lines.sort();
    let address = serde_json::to_string(purchase.address).unwrap_or_default();
    let mut hash = Sha256::new();
    for part in [purchase.buyer, purchase.currency, &address] {
        hash.update(part.len().to_be_bytes());
        hash.update(part);
    }
    for (product, quantity) in lines {
        hash.update(product.as_str().len().to_be_bytes());
        hash.update(product.as_str());
        hash.update(quantity.to_be_bytes());
    }
    hex::encode(hash.finalize())
}
