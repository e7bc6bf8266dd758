//! Webhooks as they came. Kept longer than Stripe can send them again.

use sea_orm::entity::prelude::*;
use time::OffsetDateTime;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "stripe_events")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    #[sea_orm(column_name = "type")]
    pub kind: String,
    pub livemode: Option<bool>,
    pub api_version: Option<String>,
    pub payload: String,
    pub state: String,
    pub tries: i32,
    pub last_error: Option<String>,
    pub next_try_at: OffsetDateTime,
    pub received_at: OffsetDateTime,
    pub first_tried_at: Option<OffsetDateTime>,
    pub processed_at: Option<OffsetDateTime>,
}

impl ActiveModelBehavior for ActiveModel {}
