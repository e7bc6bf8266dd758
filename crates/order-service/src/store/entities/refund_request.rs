//! Money asked back; unique per payment and reason.

use sea_orm::entity::prelude::*;
use time::OffsetDateTime;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "refund_requests")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) order_id: Uuid,
    pub(crate) payment_id: Uuid,
    pub(crate) reason: String,
    pub(crate) amount: i64,
    pub(crate) currency: String,
    pub(crate) created_at: OffsetDateTime,
}

impl ActiveModelBehavior for ActiveModel {}
