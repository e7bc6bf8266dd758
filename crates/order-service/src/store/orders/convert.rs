//! An order's row and lines, to and from the domain.

use kernel::{Currency, Money};
use sea_orm::{DbErr, Set};
use time::OffsetDateTime;

use crate::domain::order::{Buyer, Item, Order, Redirects, StockState, StoredToken};
use crate::domain::payment_status::Shown;
use crate::domain::state::{Closing, Pending, State, Status};
use crate::store::entities::{order, order_item};
use crate::store::rows::{column, count, currency, from_json, product_id, to_json, unreadable, word};

pub(super) fn to_row(order: &Order) -> Result<order::ActiveModel, DbErr> {
    let (closing, paid_by) = match &order.state {
        State::Pending(pending) => (pending.closing.map(Closing::as_str), None),
        State::Paid { by } => (None, Some(by.uuid())),
        State::Cancelled | State::Expired => (None, None),
    };
    Ok(order::ActiveModel {
        id: Set(order.id.uuid()),
        order_number: Set(order.number.clone()),
        user_id: Set(order.buyer.as_str().to_owned()),
        buyer_name: Set(order.buyer_name.clone()),
        email: Set(order.email.clone()),
        locale: Set(order.locale.clone()),
        status: Set(order.state.status().as_str().to_owned()),
        payment_status: Set(order.payment_status.as_str().to_owned()),
        closing: Set(closing.map(str::to_owned)),
        generation: Set(order.generation),
        hold_until: Set(order.hold_until()),
        due_at: Set(order.due_at()),
        stock_state: Set(order.stock.as_str().to_owned()),
        paid_by: Set(paid_by),
        currency: Set(order.total.currency.code().to_owned()),
        amount: Set(order.total.amount),
        subtotal_amount: Set(order.subtotal.amount),
        shipping_amount: Set(order.shipping.amount),
        shipping_address: Set(to_json(order.address.as_ref())?),
        payment_method: Set(order.method.clone()),
        success_url: Set(order.redirects.success_url.clone()),
        cancel_url: Set(order.redirects.cancel_url.clone()),
        token_hash: Set(order.token.map(|token| token.hash.to_vec())),
        token_issued_at: Set(order.token.map(|token| token.issued_at)),
        token_revision: Set(column(order.token_revision)),
        sequence: Set(order.sequence),
        created_at: Set(order.created_at),
        updated_at: Set(order.updated_at),
    })
}

pub(super) fn to_item_rows(order: &Order) -> Vec<order_item::ActiveModel> {
    let row = |(position, item): (i32, &Item)| order_item::ActiveModel {
        order_id: Set(order.id.uuid()),
        position: Set(position),
        product_id: Set(item.product_id.as_ref().map(|id| id.as_str().to_owned())),
        name: Set(item.name.clone()),
        quantity: Set(column(item.quantity)),
        unit_amount: Set(item.unit.amount),
        image: Set(item.image.clone()),
    };
    (0..).zip(&order.items).map(row).collect()
}

pub(super) fn from_rows(row: order::Model, items: Vec<order_item::Model>) -> Result<Order, DbErr> {
    let state = state(&row)?;
    let currency = currency(&row.currency)?;
    Ok(Order {
        id: row.id.into(),
        number: row.order_number,
        buyer: Buyer::from_text(row.user_id),
        buyer_name: row.buyer_name,
        email: row.email,
        locale: row.locale,
        state,
        payment_status: word(&Shown::ALL, &row.payment_status, Shown::as_str, "a payment status")?,
        generation: row.generation,
        stock: word(&StockState::ALL, &row.stock_state, StockState::as_str, "a stock state")?,
        items: items.into_iter().map(|item| item_from(item, currency)).collect::<Result<_, _>>()?,
        subtotal: Money::new(row.subtotal_amount, currency),
        shipping: Money::new(row.shipping_amount, currency),
        total: Money::new(row.amount, currency),
        address: from_json(row.shipping_address, "an address")?,
        method: row.payment_method,
        redirects: Redirects { success_url: row.success_url, cancel_url: row.cancel_url },
        token: token(row.token_hash, row.token_issued_at)?,
        token_revision: count(row.token_revision)?,
        sequence: row.sequence,
        created_at: row.created_at,
        updated_at: row.updated_at,
    })
}

fn state(row: &order::Model) -> Result<State, DbErr> {
    let statuses = [Status::Pending, Status::Paid, Status::Cancelled, Status::Expired];
    Ok(match word(&statuses, &row.status, Status::as_str, "a status")? {
        Status::Pending => State::Pending(Pending {
            hold_until: row.hold_until.ok_or_else(|| unreadable("a deadline"))?,
            closing: row
                .closing
                .as_deref()
                .map(|text| {
                    let all = [Closing::Cancel, Closing::Expire];
                    word(&all, text, Closing::as_str, "a reason to close")
                })
                .transpose()?,
        }),
        Status::Paid => {
            State::Paid { by: row.paid_by.ok_or_else(|| unreadable("a settling payment"))?.into() }
        }
        Status::Cancelled => State::Cancelled,
        Status::Expired => State::Expired,
    })
}

fn token(hash: Option<Vec<u8>>, issued_at: Option<OffsetDateTime>) -> Result<Option<StoredToken>, DbErr> {
    let (Some(hash), Some(issued_at)) = (hash, issued_at) else {
        return Ok(None);
    };
    let hash = hash.try_into().map_err(|_| unreadable("a token's hash"))?;
    Ok(Some(StoredToken { hash, issued_at }))
}

fn item_from(row: order_item::Model, currency: Currency) -> Result<Item, DbErr> {
    Ok(Item {
        product_id: row.product_id.map(product_id).transpose()?,
        name: row.name,
        quantity: count(row.quantity)?,
        unit: Money::new(row.unit_amount, currency),
        image: row.image,
    })
}
