//! The lines of orders.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "order_items")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) order_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) position: i32,
    pub(crate) product_id: Option<String>,
    pub(crate) name: String,
    pub(crate) quantity: i32,
    pub(crate) unit_amount: i64,
    pub(crate) image: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
