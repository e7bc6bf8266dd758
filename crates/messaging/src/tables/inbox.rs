//! Which events a consumer group has dealt with.

use sea_orm::entity::prelude::*;
use time::OffsetDateTime;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "inbox")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub consumer_group: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub event_id: Uuid,
    pub topic: String,
    pub partition: i32,
    pub offset: i64,
    pub received_at: OffsetDateTime,
}

impl ActiveModelBehavior for ActiveModel {}
