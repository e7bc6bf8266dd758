//! The latest order of every buyer, cart and address: for buyers who send no idempotency key.

use sea_orm::entity::prelude::*;
use time::OffsetDateTime;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "checkout_dedupe")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) fingerprint: String,
    pub(crate) order_id: Uuid,
    pub(crate) created_at: OffsetDateTime,
}

impl ActiveModelBehavior for ActiveModel {}
