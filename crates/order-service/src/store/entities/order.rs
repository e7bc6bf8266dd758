//! Orders.

use sea_orm::entity::prelude::*;
use time::OffsetDateTime;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "orders")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) order_number: String,
    pub(crate) user_id: String,
    pub(crate) buyer_name: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) locale: String,
    pub(crate) status: String,
    pub(crate) payment_status: String,
    /// Pending orders only: `cancel` or `expire` while payment-service is asked.
    pub(crate) closing: Option<String>,
    pub(crate) generation: i64,
    /// Pending orders only.
    pub(crate) hold_until: Option<OffsetDateTime>,
    /// When a worker has to look at it next.
    pub(crate) due_at: Option<OffsetDateTime>,
    pub(crate) stock_state: String,
    /// The payment that settled it.
    pub(crate) paid_by: Option<Uuid>,
    pub(crate) currency: String,
    pub(crate) amount: i64,
    pub(crate) subtotal_amount: i64,
    pub(crate) shipping_amount: i64,
    pub(crate) shipping_address: Option<Json>,
    pub(crate) payment_method: Option<String>,
    pub(crate) success_url: String,
    pub(crate) cancel_url: String,
    pub(crate) token_hash: Option<Vec<u8>>,
    pub(crate) token_issued_at: Option<OffsetDateTime>,
    pub(crate) token_revision: i32,
    pub(crate) sequence: i64,
    pub(crate) created_at: OffsetDateTime,
    pub(crate) updated_at: OffsetDateTime,
}

impl ActiveModelBehavior for ActiveModel {}
