//! Whether the prices a caller names are the catalogue's.

use kernel::Money;
use sea_orm::ConnectionTrait;

use super::{App, UseCaseError};
use crate::domain::{CatalogueEntry, Offer, check_offer};
use crate::store::catalogue;

/// A price unlike the catalogue's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PriceMismatch {
    /// Which of the caller's products, from 0.
    pub(crate) index: usize,
    /// What was offered.
    pub(crate) offer: Offer,
    /// What the catalogue asks; `None` for a product it does not know, or not in this currency.
    pub(crate) expected: Option<Money>,
}

/// All offers that the catalogue does not bear out, in the caller's order.
///
/// # Errors
/// The database's.
pub(crate) async fn verify_prices(app: &App, offers: &[Offer]) -> Result<Vec<PriceMismatch>, UseCaseError> {
    compare(&app.db, offers).await.map(|(_, mismatches)| mismatches)
}

/// What the offers are for, and those that are wrong.
pub(super) async fn compare(
    db: &impl ConnectionTrait,
    offers: &[Offer],
) -> Result<(Vec<Option<CatalogueEntry>>, Vec<PriceMismatch>), UseCaseError> {
    let ids = offers.iter().filter_map(|offer| offer.product_id.as_ref()).map(ToString::to_string).collect();
    let names = offers.iter().filter_map(|offer| offer.name.clone()).collect();
    let candidates = catalogue::candidates(db, ids, names).await?;
    let mut entries = Vec::with_capacity(offers.len());
    let mut mismatches = Vec::new();
    for (index, offer) in offers.iter().enumerate() {
        match check_offer(offer, &candidates) {
            Ok(entry) => entries.push(Some(entry.clone())),
            Err(discrepancy) => {
                entries.push(None);
                mismatches.push(PriceMismatch {
                    index,
                    offer: offer.clone(),
                    expected: discrepancy.expected,
                });
            }
        }
    }
    Ok((entries, mismatches))
}
