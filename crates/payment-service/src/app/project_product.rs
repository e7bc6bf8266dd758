//! The catalogue as far as prices go, kept from `product.*`.

use events::{Envelope, ProductEvent};
use kernel::{Clock, Money};
use sea_orm::{DatabaseTransaction, DbErr};

use crate::domain::CatalogueEntry;
use crate::store::catalogue::{self, Projection};

/// Keeps the product's state if it is newer than the one known.
///
/// # Errors
/// The database's.
pub(crate) async fn project_product(
    clock: &dyn Clock,
    tx: &DatabaseTransaction,
    event: &Envelope<ProductEvent>,
) -> Result<(), DbErr> {
    let product = event.data.product();
    let projection = Projection {
        entry: CatalogueEntry {
            product_id: product.product_id.clone(),
            name: product.name.clone(),
            price: Money::new(product.unit_amount, product.currency),
        },
        sequence: event.rank(),
        image: product.image.clone(),
        deleted: matches!(event.data, ProductEvent::Deleted(_)),
    };
    catalogue::project(tx, &projection, clock.now()).await
}
