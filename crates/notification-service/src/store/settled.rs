//! Purchases known to be paid.

use sea_orm::entity::prelude::*;
use sea_orm::sea_query::Expr;
use sea_orm::{Condition, ConnectionTrait, DatabaseTransaction, Set};
use time::OffsetDateTime;

use crate::domain::Settlement;

/// A row of `settled_purchases`.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "settled_purchases")]
pub struct Model {
    /// An order's or a booking's id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub purchase_id: String,
    /// The highest sequence of an `order.paid`.
    pub paid_sequence: Option<i64>,
    /// By the service's clock.
    pub settled_at: TimeDateTimeWithTimeZone,
}

/// None.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Marks the purchase. Marking it again changes nothing but the sequence, which only grows.
///
/// # Errors
/// Those of the database.
pub(crate) async fn mark_settled(
    tx: &DatabaseTransaction,
    purchase_id: &str,
    settlement: Settlement,
    now: OffsetDateTime,
) -> Result<(), DbErr> {
    let Settlement { paid_sequence } = settlement;
    let row = ActiveModel {
        purchase_id: Set(purchase_id.to_owned()),
        paid_sequence: Set(paid_sequence),
        settled_at: Set(now),
    };
    Entity::insert(row).on_conflict_do_nothing_on([Column::PurchaseId]).exec_without_returning(tx).await?;
    if let Some(sequence) = paid_sequence {
        let older =
            Condition::any().add(Column::PaidSequence.is_null()).add(Column::PaidSequence.lt(sequence));
        Entity::update_many()
            .col_expr(Column::PaidSequence, Expr::value(sequence))
            .filter(Column::PurchaseId.eq(purchase_id))
            .filter(older)
            .exec(tx)
            .await?;
    }
    Ok(())
}

/// What is known of the purchase's payment, if it is marked.
///
/// # Errors
/// Those of the database.
pub(crate) async fn settlement(
    db: &impl ConnectionTrait,
    purchase_id: &str,
) -> Result<Option<Settlement>, DbErr> {
    let row = Entity::find_by_id(purchase_id.to_owned()).one(db).await?;
    Ok(row.map(|row| Settlement { paid_sequence: row.paid_sequence }))
}
