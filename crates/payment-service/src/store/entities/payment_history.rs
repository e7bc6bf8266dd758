//! Every fact that reached a payment, and what it did. Append-only.

use sea_orm::entity::prelude::*;
use time::OffsetDateTime;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "payment_history")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub payment_id: Uuid,
    pub purchase_id: String,
    pub outcome: String,
    pub reason: Option<String>,
    pub from_status: String,
    pub to_status: String,
    pub source: String,
    pub stripe_event_id: Option<String>,
    pub event_id: Option<Uuid>,
    pub trace_id: Option<String>,
    pub at: OffsetDateTime,
}

impl ActiveModelBehavior for ActiveModel {}
