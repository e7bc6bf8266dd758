//! Money given back, as Stripe tells it.

use sea_orm::entity::prelude::*;
use time::OffsetDateTime;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "refunds")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub payment_id: Uuid,
    pub amount: i64,
    pub status: String,
    pub reason: Option<String>,
    /// Our request it was made for.
    pub request_id: Option<Uuid>,
    pub updated_at: OffsetDateTime,
}

impl ActiveModelBehavior for ActiveModel {}
