//! The transaction of a checkout.

use kernel::{OrderId, ProductId, crash};
use sea_orm::DatabaseTransaction;
use time::Duration;

use super::{Checkout, Placed};
use crate::app::journal::{Note, note};
use crate::app::publish::{self, Happened};
use crate::app::{App, Cause, Error};
use crate::domain::fingerprint::{self, Purchase};
use crate::domain::number::order_number;
use crate::domain::order::{Buyer, Order, StockState};
use crate::domain::payment_status::Shown;
use crate::domain::pricing::{self, Offer, Priced};
use crate::domain::state::{Pending, State};
use crate::store::stock::Had;
use crate::store::{dedupe, orders, products, stock};

/// How long a buyer without a key is given the same order for the same cart.
const SAME_PURCHASE: Duration = Duration::seconds(60);

/// Places the order, or finds the one this call is a repetition of.
pub(super) async fn place(tx: &DatabaseTransaction, app: &App, request: &Checkout) -> Result<Placed, Error> {
    let id = OrderId::generate(app.clock.as_ref());
    if let Some(known) = repetition(tx, app, request, id).await? {
        return Ok(known);
    }
    let priced = price(tx, request).await?;
    let mut order = build(tx, app, request, id, priced).await?;
    let published = publish::order(tx, app, &mut order, Happened::Created).await?;
    orders::insert(tx, &order).await?;
    let cause = Cause::by(request.actor.clone());
    let entry = Note { published: Some(published), ..Note::default() };
    note(tx, app, &order, &cause, "created", entry).await?;
    if let Some(claim) = &request.claim {
        claim.attach(tx, &id.to_string()).await?;
    }
    // Last, so that the rows everybody wants are locked as briefly as can be.
    match stock::hold(tx, &order.items).await? {
        Had::All => {
            crash::at("checkout.before_commit");
            Ok(Placed { id, replayed: false })
        }
        Had::Short(product) => Err(Error::OutOfStock(product)),
    }
}

async fn repetition(
    tx: &DatabaseTransaction,
    app: &App,
    request: &Checkout,
    id: OrderId,
) -> Result<Option<Placed>, Error> {
    let Some(claim) = &request.claim else {
        return same_purchase(tx, app, request, id).await;
    };
    let begun = claim.begin(tx, app.clock.as_ref()).await?;
    let Some((resource, replayed)) = begun.resource().map_err(|problem| Error::Key(Box::new(problem)))?
    else {
        return Ok(None);
    };
    let id = resource
        .parse()
        .map_err(|error| anyhow::Error::new(error).context("an idempotency record names no order"))?;
    Ok(Some(Placed { id, replayed }))
}

/// The order of the same buyer, cart and address a moment ago, while it can still be paid: whoever buys the same again
/// after that means it.
async fn same_purchase(
    tx: &DatabaseTransaction,
    app: &App,
    request: &Checkout,
    id: OrderId,
) -> Result<Option<Placed>, Error> {
    let fingerprint = fingerprint_of(request);
    let now = app.now();
    let Some(known) = dedupe::enter(tx, &fingerprint, id, now, now - SAME_PURCHASE).await? else {
        return Ok(None);
    };
    let payable = orders::find(tx, known)
        .await?
        .is_some_and(|order| matches!(order.state, State::Pending(_)) && !order.is_closing());
    if !payable {
        dedupe::replace(tx, &fingerprint, id, now).await?;
        return Ok(None);
    }
    Ok(Some(Placed { id: known, replayed: false }))
}

fn fingerprint_of(request: &Checkout) -> String {
    let buyer = match &request.buyer {
        Buyer::User(id) => format!("user:{id}"),
        Buyer::Guest => format!("guest:{}", request.email.as_deref().unwrap_or_default().to_lowercase()),
    };
    let lines: Vec<_> = request.lines.iter().map(|line| (line.product_id.clone(), line.quantity)).collect();
    fingerprint::of(&Purchase {
        buyer: &buyer,
        lines: &lines,
        currency: request.currency.code(),
        address: &request.address,
    })
}

async fn price(tx: &DatabaseTransaction, request: &Checkout) -> Result<Priced, Error> {
    let ids: Vec<ProductId> = request.lines.iter().map(|line| line.product_id.clone()).collect();
    let offers: Vec<Offer> = products::on_sale(tx, &ids)
        .await?
        .into_iter()
        .map(|product| Offer { id: product.id, name: product.name, unit: product.unit, image: product.image })
        .collect();
    pricing::price(&request.lines, &offers, request.currency).map_err(Error::Cart)
}

async fn build(
    tx: &DatabaseTransaction,
    app: &App,
    request: &Checkout,
    id: OrderId,
    priced: Priced,
) -> Result<Order, Error> {
    let now = app.now();
    let count = orders::next_number(tx, id).await?;
    let token = match request.buyer {
        Buyer::Guest => Some(app.keys.mint(id, 0, None, now).stored),
        Buyer::User(_) => None,
    };
    Ok(Order {
        id,
        number: order_number(now.year(), count),
        buyer: request.buyer.clone(),
        buyer_name: request.buyer_name.clone(),
        email: request.email.clone(),
        locale: request.locale.clone(),
        state: State::Pending(Pending { hold_until: app.hold_until(), closing: None }),
        payment_status: Shown::Pending,
        generation: 1,
        // The transaction ends well only if it is.
        stock: StockState::Held,
        items: priced.items,
        subtotal: priced.subtotal,
        shipping: priced.shipping,
        total: priced.total,
        address: Some(request.address.clone()),
        method: Some(request.method.clone()),
        redirects: request.redirects.clone(),
        token,
        token_revision: 0,
        sequence: 0,
        created_at: now,
        updated_at: now,
    })
}
