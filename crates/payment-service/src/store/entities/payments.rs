//! One attempt to pay a purchase.

use sea_orm::entity::prelude::*;
use time::OffsetDateTime;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "payments")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub purchase_id: String,
    pub attempt: i32,
    pub generation: i64,
    pub status: String,
    pub sequence: i64,
    pub amount: i64,
    pub amount_received: i64,
    pub amount_refunded: i64,
    pub currency: String,
    pub email: Option<String>,
    pub session_id: Option<String>,
    pub payment_intent_id: Option<String>,
    pub session_url: Option<String>,
    pub client_secret: Option<String>,
    pub expires_at: OffsetDateTime,
    pub payment_method: Option<String>,
    pub receipt_url: Option<String>,
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub failure: Option<Json>,
    pub livemode: bool,
    pub last_event_id: Option<Uuid>,
    /// The trace it was begun in.
    pub traceparent: Option<String>,
    pub created_at: OffsetDateTime,
    pub updated_at: OffsetDateTime,
}

impl ActiveModelBehavior for ActiveModel {}
