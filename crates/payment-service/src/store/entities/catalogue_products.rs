//! The catalogue as far as prices go, from `product.*`.

use sea_orm::entity::prelude::*;
use time::OffsetDateTime;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "catalogue_products")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub product_id: String,
    pub sequence: i64,
    pub name: String,
    pub unit_amount: i64,
    pub currency: String,
    pub image: Option<String>,
    pub deleted: bool,
    pub updated_at: OffsetDateTime,
}

impl ActiveModelBehavior for ActiveModel {}
