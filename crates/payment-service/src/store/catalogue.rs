//! `catalogue_products`: what products cost, from `product.*`.

use kernel::{Money, ProductId};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter,
};
use time::OffsetDateTime;

use super::entities::catalogue_products::{ActiveModel, Column, Entity, Model};
use super::unreadable;
use crate::domain::CatalogueEntry;

/// The newest known state of a product.
#[derive(Debug)]
pub(crate) struct Projection {
    /// What it is and costs.
    pub(crate) entry: CatalogueEntry,
    /// The state's number, or its time in microseconds where the publisher does not count.
    pub(crate) sequence: i64,
    /// A picture.
    pub(crate) image: Option<String>,
    /// It cannot be bought any more.
    pub(crate) deleted: bool,
}

/// Keeps a product's state if it is newer than the one known.
pub(crate) async fn project(
    tx: &DatabaseTransaction,
    product: &Projection,
    now: OffsetDateTime,
) -> Result<(), DbErr> {
    let row = ActiveModel {
        product_id: Set(product.entry.product_id.to_string()),
        sequence: Set(product.sequence),
        name: Set(product.entry.name.clone()),
        unit_amount: Set(product.entry.price.amount),
        currency: Set(product.entry.price.currency.code().to_owned()),
        image: Set(product.image.clone()),
        deleted: Set(product.deleted),
        updated_at: Set(now),
    };
    let newer = OnConflict::column(Column::ProductId)
        .update_columns([
            Column::Sequence,
            Column::Name,
            Column::UnitAmount,
            Column::Currency,
            Column::Image,
            Column::Deleted,
            Column::UpdatedAt,
        ])
        .action_and_where(Expr::col((Entity, Column::Sequence)).lt(product.sequence))
        .to_owned();
    Entity::insert(row).on_conflict(newer).exec_without_returning(tx).await.map(drop)
}

/// The products of these ids or names that can be bought.
pub(crate) async fn candidates(
    db: &impl ConnectionTrait,
    ids: Vec<String>,
    names: Vec<String>,
) -> Result<Vec<CatalogueEntry>, DbErr> {
    let meant = Condition::any().add(Column::ProductId.is_in(ids)).add(Column::Name.is_in(names));
    let rows = Entity::find().filter(Column::Deleted.eq(false)).filter(meant).all(db).await?;
    rows.into_iter().map(entry).collect()
}

fn entry(row: Model) -> Result<CatalogueEntry, DbErr> {
    let product_id: ProductId = row.product_id.parse().map_err(unreadable)?;
    let currency = row.currency.parse().map_err(unreadable)?;
    Ok(CatalogueEntry { product_id, name: row.name, price: Money::new(row.unit_amount, currency) })
}
