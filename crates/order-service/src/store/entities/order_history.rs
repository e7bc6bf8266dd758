//! What happened to orders; only ever appended to.

use sea_orm::entity::prelude::*;
use time::OffsetDateTime;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "order_history")]
pub(crate) struct Model {
    #[sea_orm(primary_key)]
    pub(crate) id: i64,
    pub(crate) order_id: Uuid,
    pub(crate) at: OffsetDateTime,
    /// Who: `user:ID`, `guest`, `admin:ID`, `payment-service`, `worker`.
    pub(crate) actor: String,
    /// What.
    pub(crate) action: String,
    pub(crate) from_status: Option<String>,
    pub(crate) to_status: String,
    pub(crate) payment_id: Option<Uuid>,
    /// The event that caused it.
    pub(crate) cause_event_id: Option<Uuid>,
    /// The event that was published of it.
    pub(crate) event_id: Option<Uuid>,
    pub(crate) detail: Option<String>,
    pub(crate) trace_id: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
