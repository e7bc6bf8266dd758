//! Messages that wait for the relay. A row is deleted once the broker has acknowledged it.

use sea_orm::entity::prelude::*;
use time::OffsetDateTime;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "outbox")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub event_id: Uuid,
    /// Without the prefix.
    pub topic: String,
    pub key: Option<String>,
    pub payload: Vec<u8>,
    /// Pairs of name and value.
    pub headers: Json,
    pub created_at: OffsetDateTime,
    /// How often the broker has refused this very row.
    pub attempts: i32,
    /// Set aside until then, because the broker refused it.
    pub next_try_at: Option<OffsetDateTime>,
    pub last_error: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
