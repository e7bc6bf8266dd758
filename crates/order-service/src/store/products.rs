//! The catalogue.

use kernel::ProductId;
use sea_orm::sea_query::{Cond, Expr, Func, LikeExpr, OnConflict};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, ExprTrait, QueryFilter,
    QueryOrder, QuerySelect, Set,
};

use super::entities::product::{ActiveModel, Column, Entity, Model};
use super::rows::{money, product_id};
use crate::domain::product::Product;

/// Where a page of the list begins: after this product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct After {
    pub(crate) name: String,
    pub(crate) id: String,
}

/// Products on sale by name, those whose name or description holds `q` in any case.
pub(crate) async fn list<C: ConnectionTrait>(
    db: &C,
    q: Option<&str>,
    after: Option<&After>,
    limit: u64,
) -> Result<Vec<Product>, DbErr> {
    let mut query = Entity::find().filter(Column::Deleted.eq(false));
    if let Some(q) = q {
        let pattern = format!("%{}%", escape_like(&q.to_lowercase()));
        let like = |column| {
            Expr::expr(Func::lower(Expr::col(column))).like(LikeExpr::new(pattern.clone()).escape('\\'))
        };
        query = query.filter(Cond::any().add(like(Column::Name)).add(like(Column::Description)));
    }
    if let Some(After { name, id }) = after {
        let same_name = Column::Name.eq(name).and(Column::Id.gt(id));
        query = query.filter(Cond::any().add(Column::Name.gt(name)).add(same_name));
    }
    let rows = query.order_by_asc(Column::Name).order_by_asc(Column::Id).limit(limit).all(db).await?;
    rows.into_iter().map(from_row).collect()
}

/// Those of `ids` that are on sale.
pub(crate) async fn on_sale<C: ConnectionTrait>(db: &C, ids: &[ProductId]) -> Result<Vec<Product>, DbErr> {
    let rows = Entity::find()
        .filter(Column::Id.is_in(ids.iter().map(ProductId::as_str)))
        .filter(Column::Deleted.eq(false))
        .all(db)
        .await?;
    rows.into_iter().map(from_row).collect()
}

/// The product on sale of exactly this name; of several, the first by id.
pub(crate) async fn by_name<C: ConnectionTrait>(db: &C, name: &str) -> Result<Option<Product>, DbErr> {
    let row = Entity::find()
        .filter(Column::Name.eq(name))
        .filter(Column::Deleted.eq(false))
        .order_by_asc(Column::Id)
        .one(db)
        .await?;
    row.map(from_row).transpose()
}

/// The product, deleted or not, its row locked.
pub(crate) async fn lock(tx: &DatabaseTransaction, id: &ProductId) -> Result<Option<Product>, DbErr> {
    let row = Entity::find_by_id(id.as_str().to_owned()).lock_exclusive().one(tx).await?;
    row.map(from_row).transpose()
}

/// Writes a product; `false` when there is one of that id already, deleted or not.
pub(crate) async fn insert(tx: &DatabaseTransaction, product: &Product) -> Result<bool, DbErr> {
    let unless_there = OnConflict::column(Column::Id).do_nothing().to_owned();
    let inserted =
        Entity::insert(to_row(product)).on_conflict(unless_there).exec_without_returning(tx).await?;
    Ok(inserted == 1)
}

/// Writes a product the caller has locked.
pub(crate) async fn save(tx: &DatabaseTransaction, product: &Product) -> Result<(), DbErr> {
    Entity::update(to_row(product)).exec(tx).await.map(|_| ())
}

fn to_row(product: &Product) -> ActiveModel {
    ActiveModel {
        id: Set(product.id.as_str().to_owned()),
        name: Set(product.name.clone()),
        description: Set(product.description.clone()),
        unit_amount: Set(product.unit.amount),
        currency: Set(product.unit.currency.code().to_owned()),
        image: Set(product.image.clone()),
        stock: Set(product.stock),
        held: Set(product.held),
        sequence: Set(product.sequence),
        deleted: Set(product.deleted),
        created_at: Set(product.created_at),
        updated_at: Set(product.updated_at),
    }
}

fn from_row(row: Model) -> Result<Product, DbErr> {
    Ok(Product {
        id: product_id(row.id)?,
        name: row.name,
        description: row.description,
        unit: money(row.unit_amount, &row.currency)?,
        image: row.image,
        stock: row.stock,
        held: row.held,
        sequence: row.sequence,
        deleted: row.deleted,
        created_at: row.created_at,
        updated_at: row.updated_at,
    })
}

fn escape_like(text: &str) -> String {
    text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}
