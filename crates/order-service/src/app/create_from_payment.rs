//! The pending order of a purchase that a frontend began at payment-service directly.
//!
//! Any snapshot will do, as each has all it takes: a success may overtake the creation.

use ::events::LineItem;
use kernel::{Currency, Money};
use sea_orm::DatabaseTransaction;

use crate::app::journal::{Note, note};
use crate::app::publish::{self, Happened};
use crate::app::{App, Cause, Error, Observed};
use crate::domain::number::order_number;
use crate::domain::order::{AFTER_SESSION, Buyer, Item, Order, StockState};
use crate::domain::payment_status;
use crate::domain::state::{Pending, State};
use crate::store::stock::Had;
use crate::store::{orders, products, stock};

/// Makes the order, or finds the one that another consumer made meanwhile. Its row is locked either way.
pub(crate) async fn create_from_payment(
    tx: &DatabaseTransaction,
    app: &App,
    observed: &Observed,
    cause: &Cause,
) -> Result<Order, Error> {
    let mut order = build(tx, app, observed).await?;
    if !orders::insert(tx, &order).await? {
        let made = orders::lock(tx, order.id).await?;
        return made.ok_or_else(|| anyhow::anyhow!("an order is there and is not").into());
    }
    let published = publish::order(tx, app, &mut order, Happened::Created).await?;
    let entry = Note {
        payment_id: Some(observed.payment.id),
        published: Some(published),
        detail: Some("from a payment begun without a checkout".to_owned()),
        ..Note::default()
    };
    note(tx, app, &order, cause, "created", entry).await?;
    if stock::hold(tx, &order.items).await? == Had::All {
        order.stock = StockState::Held;
    }
    orders::save(tx, &order).await?;
    tracing::info!(order_id = %order.id, payment_id = %observed.payment.id, "order created from its payment");
    Ok(order)
}

async fn build(tx: &DatabaseTransaction, app: &App, observed: &Observed) -> Result<Order, Error> {
    let (now, total) = (app.now(), observed.payment.money);
    let count = orders::next_number(tx, observed.order_id).await?;
    let session_end = observed.payment.details.expires_at;
    let hold_until = session_end.map_or_else(|| app.hold_until(), |end| end + AFTER_SESSION);
    Ok(Order {
        id: observed.order_id,
        number: order_number(now.year(), count),
        buyer: Buyer::from_text(observed.purchase.user_id.clone()),
        buyer_name: None,
        email: observed.purchase.email.clone(),
        locale: "en".to_owned(),
        state: State::Pending(Pending { hold_until, closing: None }),
        payment_status: payment_status::of_order(std::slice::from_ref(&observed.payment)),
        generation: 1,
        stock: StockState::None,
        items: items(tx, &observed.purchase.lines, total.currency).await?,
        subtotal: total,
        shipping: Money::zero(total.currency),
        total,
        address: observed.purchase.address.clone(),
        method: None,
        redirects: app.settings.redirects.clone(),
        token: None,
        token_revision: 0,
        sequence: 0,
        created_at: now,
        updated_at: now,
    })
}

/// The lines, with the catalogue's product where one is named, by id or else by exact name.
async fn items(tx: &DatabaseTransaction, lines: &[LineItem], currency: Currency) -> Result<Vec<Item>, Error> {
    let ids: Vec<_> = lines.iter().filter_map(|line| line.product_id.clone()).collect();
    let known = products::on_sale(tx, &ids).await?;
    let mut items = Vec::with_capacity(lines.len());
    for line in lines {
        let by_id = line.product_id.as_ref().and_then(|id| known.iter().find(|product| product.id == *id));
        let product_id = match by_id {
            Some(product) => Some(product.id.clone()),
            None => products::by_name(tx, &line.name).await?.map(|product| product.id),
        };
        items.push(Item {
            product_id,
            name: line.name.clone(),
            quantity: line.quantity,
            unit: Money::new(line.unit_amount, currency),
            image: line.image.clone(),
        });
    }
    Ok(items)
}
