//! The newest snapshot of every payment.

use sea_orm::entity::prelude::*;
use time::OffsetDateTime;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "order_payments")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) payment_id: Uuid,
    pub(crate) order_id: Uuid,
    pub(crate) attempt: i32,
    pub(crate) sequence: i64,
    pub(crate) status: String,
    pub(crate) amount: i64,
    pub(crate) amount_refunded: i64,
    pub(crate) currency: String,
    pub(crate) session_id: Option<String>,
    pub(crate) payment_intent_id: Option<String>,
    pub(crate) url: Option<String>,
    pub(crate) expires_at: Option<OffsetDateTime>,
    pub(crate) declines: i32,
    pub(crate) last_error: Option<Json>,
    pub(crate) payment_method: Option<String>,
    pub(crate) created_at: OffsetDateTime,
}

impl ActiveModelBehavior for ActiveModel {}
