//! Refunds of payments, as Stripe made them.

use sea_orm::entity::prelude::*;
use time::OffsetDateTime;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "payment_refunds")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) refund_id: String,
    pub(crate) payment_id: Uuid,
    pub(crate) order_id: Uuid,
    pub(crate) amount: i64,
    pub(crate) status: String,
    pub(crate) reason: Option<String>,
    /// Of the snapshot that status and amount come from.
    pub(crate) sequence: i64,
    pub(crate) created_at: OffsetDateTime,
}

impl ActiveModelBehavior for ActiveModel {}
