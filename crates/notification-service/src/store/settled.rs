//! Purchases known to be paid.

use sea_orm::entity::prelude::*;
use sea_orm::{DatabaseTransaction, Set};
use time::OffsetDateTime;

/// A row of `settled_purchases`.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "settled_purchases")]
pub struct Model {
    /// An order's or a booking's id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub purchase_id: String,
    /// By the service's clock.
    pub settled_at: TimeDateTimeWithTimeZone,
}

/// None.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Marks the purchase; marking it again changes nothing.
///
/// # Errors
/// Those of the database.
pub(crate) async fn mark_settled(
    tx: &DatabaseTransaction,
    purchase_id: &str,
    now: OffsetDateTime,
) -> Result<(), DbErr> {
    let row = ActiveModel { purchase_id: Set(purchase_id.to_owned()), settled_at: Set(now) };
    Entity::insert(row).on_conflict_do_nothing_on([Column::PurchaseId]).exec_without_returning(tx).await?;
    Ok(())
}

/// Whether the purchase is marked.
///
/// # Errors
/// Those of the database.
pub(crate) async fn is_settled(db: &DatabaseConnection, purchase_id: &str) -> Result<bool, DbErr> {
    Ok(Entity::find_by_id(purchase_id.to_owned()).one(db).await?.is_some())
}
