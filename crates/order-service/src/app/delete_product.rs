//! A product leaves the catalogue. Its stock stays, as orders may hold some of it.

use kernel::ProductId;
use messaging::database::transact;
use sea_orm::DatabaseTransaction;

use crate::app::upsert_product::{Change, next_sequence, publish};
use crate::app::{App, Error};
use crate::domain::product::Product;
use crate::store::products;

/// Deletes the product and publishes that; one that is not there, or not any more, is none.
pub(crate) async fn delete_product(app: &App, id: &ProductId) -> Result<Product, Error> {
    let product = transact(&app.db, async |tx: &DatabaseTransaction| delete(tx, app, id).await).await?;
    app.wakeup.notify();
    tracing::info!(product_id = %product.id, "product deleted");
    Ok(product)
}

async fn delete(tx: &DatabaseTransaction, app: &App, id: &ProductId) -> Result<Product, Error> {
    let known = products::lock(tx, id).await?.filter(|product| !product.deleted);
    let mut product = known.ok_or(Error::NoProduct)?;
    product.deleted = true;
    product.sequence = next_sequence(&product)?;
    product.updated_at = app.now();
    products::save(tx, &product).await?;
    publish(tx, app, &product, Change::Deleted).await?;
    Ok(product)
}
