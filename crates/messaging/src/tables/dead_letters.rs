//! Messages that could not be handled, whole, with what went wrong.

use sea_orm::entity::prelude::*;
use time::OffsetDateTime;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "dead_letters")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub consumer_group: String,
    /// The message's own id; absent if it has none that can be read.
    pub event_id: Option<Uuid>,
    pub event_type: Option<String>,
    /// Without the prefix.
    pub topic: String,
    pub partition: i32,
    pub offset: i64,
    pub key: Option<String>,
    pub payload: Vec<u8>,
    /// Pairs of name and value.
    pub headers: Json,
    pub error: String,
    pub attempts: i32,
    pub created_at: OffsetDateTime,
    /// `open`, `replayed` or `dismissed`.
    pub state: String,
    pub settled_at: Option<OffsetDateTime>,
}

impl ActiveModelBehavior for ActiveModel {}
