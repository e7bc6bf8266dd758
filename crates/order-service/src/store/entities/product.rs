//! The catalogue and its stock.

use sea_orm::entity::prelude::*;
use time::OffsetDateTime;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "products")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) unit_amount: i64,
    pub(crate) currency: String,
    pub(crate) image: Option<String>,
    /// On hand.
    pub(crate) stock: i64,
    /// Of these, held for pending orders.
    pub(crate) held: i64,
    pub(crate) sequence: i64,
    pub(crate) deleted: bool,
    pub(crate) created_at: OffsetDateTime,
    pub(crate) updated_at: OffsetDateTime,
}

impl ActiveModelBehavior for ActiveModel {}
