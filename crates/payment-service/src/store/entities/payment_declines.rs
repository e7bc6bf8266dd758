//! Refused attempts within a payment.

use sea_orm::entity::prelude::*;
use time::OffsetDateTime;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "payment_declines")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub payment_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub decline_key: String,
    #[sea_orm(column_type = "JsonBinary")]
    pub error: Json,
    pub at: OffsetDateTime,
}

impl ActiveModelBehavior for ActiveModel {}
