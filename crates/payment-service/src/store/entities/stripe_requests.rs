//! Calls with an effect, byte for byte, stored before they are sent.

use sea_orm::entity::prelude::*;
use time::OffsetDateTime;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "stripe_requests")]
pub struct Model {
    /// The idempotency key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub payment_id: Uuid,
    pub operation: String,
    /// What it was made for beside the payment: the reason of a refund.
    pub reference: Option<String>,
    pub method: String,
    pub path: String,
    pub body: Option<String>,
    pub stripe_version: String,
    pub state: String,
    pub tries: i32,
    pub next_try_at: OffsetDateTime,
    /// The trace it was stored in.
    pub traceparent: Option<String>,
    pub created_at: OffsetDateTime,
    pub finished_at: Option<OffsetDateTime>,
}

impl ActiveModelBehavior for ActiveModel {}
