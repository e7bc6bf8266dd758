//! What is paid for; the row is the lock of everything below it.

use sea_orm::entity::prelude::*;
use time::OffsetDateTime;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "purchases")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub kind: String,
    pub state: String,
    pub generation: i64,
    pub user_id: String,
    pub email: Option<String>,
    pub currency: String,
    pub amount: i64,
    #[sea_orm(column_type = "JsonBinary")]
    pub products: Json,
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub shipping_address: Option<Json>,
    pub success_url: String,
    pub cancel_url: String,
    #[sea_orm(column_type = "JsonBinary")]
    pub payment_method_types: Json,
    #[sea_orm(column_type = "JsonBinary")]
    pub metadata: Json,
    pub attempts: i32,
    pub close_due: Option<OffsetDateTime>,
    pub created_at: OffsetDateTime,
    pub updated_at: OffsetDateTime,
}

impl ActiveModelBehavior for ActiveModel {}
