//! An administrator sets a product: what it costs and how many there are.

use ::events::{Envelope, ProductCreated, ProductDeleted, ProductEvent, ProductSnapshot, ProductUpdated};
use kernel::{EventId, Money, ProductId};
use messaging::database::transact;
use sea_orm::DatabaseTransaction;

use crate::app::{App, Error};
use crate::domain::product::Product;
use crate::store::products;

/// All that is set of a product.
#[derive(Debug, Clone)]
pub(crate) struct Upsert {
    pub(crate) id: ProductId,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) unit: Money,
    pub(crate) image: Option<String>,
    /// Pieces on hand, those held for orders included.
    pub(crate) stock: i64,
}

/// Creates or replaces the product, and publishes it.
pub(crate) async fn upsert_product(app: &App, upsert: &Upsert) -> Result<Product, Error> {
    let product = transact(&app.db, async |tx: &DatabaseTransaction| set(tx, app, upsert).await).await?;
    app.wakeup.notify();
    tracing::info!(product_id = %product.id, stock = product.stock, "product set");
    Ok(product)
}

async fn set(tx: &DatabaseTransaction, app: &App, upsert: &Upsert) -> Result<Product, Error> {
    let fresh = new(app, upsert);
    if products::insert(tx, &fresh).await? {
        publish(tx, app, &fresh, Change::Created).await?;
        return Ok(fresh);
    }
    let known = products::lock(tx, &upsert.id).await?.ok_or(Error::NoProduct)?;
    if upsert.stock < known.held {
        return Err(Error::StockBelowHeld);
    }
    let change = if known.deleted { Change::Created } else { Change::Updated };
    let product =
        Product { held: known.held, sequence: next_sequence(&known)?, created_at: known.created_at, ..fresh };
    products::save(tx, &product).await?;
    publish(tx, app, &product, change).await?;
    Ok(product)
}

/// A product that nobody has bought yet.
pub(crate) fn new(app: &App, upsert: &Upsert) -> Product {
    let now = app.now();
    Product {
        id: upsert.id.clone(),
        name: upsert.name.clone(),
        description: upsert.description.clone(),
        unit: upsert.unit,
        image: upsert.image.clone(),
        stock: upsert.stock,
        held: 0,
        sequence: 1,
        deleted: false,
        created_at: now,
        updated_at: now,
    }
}

/// The number of the product's next change. Another team's catalogue may have counted to the end.
pub(crate) fn next_sequence(product: &Product) -> Result<i64, Error> {
    product
        .sequence
        .checked_add(1)
        .ok_or_else(|| anyhow::anyhow!("the sequence of a product is at its end").into())
}

/// What happened to a product.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Change {
    Created,
    Updated,
    Deleted,
}

/// Publishes the product as it is.
pub(crate) async fn publish(
    tx: &DatabaseTransaction,
    app: &App,
    product: &Product,
    change: Change,
) -> Result<(), Error> {
    let snapshot = ProductSnapshot {
        product_id: product.id.clone(),
        sequence: Some(product.sequence),
        name: product.name.clone(),
        price: product.unit.to_major(),
        unit_amount: product.unit.amount,
        currency: product.unit.currency,
        image: product.image.clone(),
        stock: Some(product.stock),
    };
    let event: ProductEvent = match change {
        Change::Created => ProductCreated { product: snapshot }.into(),
        Change::Updated => ProductUpdated { product: snapshot }.into(),
        Change::Deleted => ProductDeleted { product: snapshot }.into(),
    };
    let id = EventId::generate(app.clock.as_ref());
    app.outbox.append(tx, &Envelope::new(id, app.now(), event)).await?;
    Ok(())
}
