//! Another team's catalogue: its events are ranked by their sequence, or by time if they have none.

use ::events::{Envelope, ProductEvent};
use kernel::Money;
use sea_orm::DatabaseTransaction;

use crate::app::{App, Error};
use crate::domain::product::Product;
use crate::store::products;

/// Applies an event unless a newer one was applied already.
pub(crate) async fn apply_product_event(
    tx: &DatabaseTransaction,
    app: &App,
    event: &Envelope<ProductEvent>,
) -> Result<(), Error> {
    let snapshot = event.data.product();
    let deleted = matches!(event.data, ProductEvent::Deleted(_));
    let now = app.now();
    let fresh = Product {
        id: snapshot.product_id.clone(),
        name: snapshot.name.clone(),
        description: String::new(),
        unit: Money::new(snapshot.unit_amount, snapshot.currency),
        image: snapshot.image.clone(),
        stock: snapshot.stock.unwrap_or(0).max(0),
        held: 0,
        sequence: event.rank(),
        deleted,
        created_at: now,
        updated_at: now,
    };
    if products::insert(tx, &fresh).await? {
        return Ok(());
    }
    let known = products::lock(tx, &fresh.id).await?.ok_or(Error::NoProduct)?;
    if fresh.sequence <= known.sequence {
        tracing::debug!(product_id = %fresh.id, "an older product event was superseded");
        return Ok(());
    }
    // What is held was promised to somebody, whatever the other side counts.
    let stock = snapshot.stock.map_or(known.stock, |_| fresh.stock.max(known.held));
    let product = Product {
        description: known.description,
        stock,
        held: known.held,
        created_at: known.created_at,
        ..fresh
    };
    Ok(products::save(tx, &product).await?)
}
