//! Between columns and the domain's words. What the database holds was written by this service, so a value
//! that cannot be read is an error of ours, never a caller's.

use kernel::{Currency, Money, ProductId};
use sea_orm::DbErr;
use sea_orm::prelude::Json;
use serde::Serialize;
use serde::de::DeserializeOwned;

pub(super) fn unreadable(what: &str) -> DbErr {
    DbErr::Type(format!("{what} holds a value this version does not know"))
}

pub(super) fn currency(code: &str) -> Result<Currency, DbErr> {
    code.parse().map_err(|_| unreadable("a currency column"))
}

pub(super) fn money(amount: i64, code: &str) -> Result<Money, DbErr> {
    Ok(Money::new(amount, currency(code)?))
}

pub(super) fn product_id(id: String) -> Result<ProductId, DbErr> {
    ProductId::try_from(id).map_err(|_| unreadable("a product id"))
}

pub(super) fn count(number: i32) -> Result<u32, DbErr> {
    u32::try_from(number).map_err(|_| unreadable("a count"))
}

/// A count as PostgreSQL's `integer` holds it; larger ones stop at its end.
pub(super) fn column(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

pub(super) fn from_json<T: DeserializeOwned>(json: Option<Json>, what: &str) -> Result<Option<T>, DbErr> {
    json.map(|json| serde_json::from_value(json).map_err(|_| unreadable(what))).transpose()
}

pub(super) fn to_json<T: Serialize>(value: Option<&T>) -> Result<Option<Json>, DbErr> {
    value.map(|value| serde_json::to_value(value).map_err(|error| DbErr::Json(error.to_string()))).transpose()
}

/// The value among `all` whose `text` this is.
pub(super) fn word<T: Copy>(
    all: &[T],
    text: &str,
    name: impl Fn(T) -> &'static str,
    what: &str,
) -> Result<T, DbErr> {
    all.iter().copied().find(|value| name(*value) == text).ok_or_else(|| unreadable(what))
}
