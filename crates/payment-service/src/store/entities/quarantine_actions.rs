//! What people did to quarantined webhooks, and what came of it. Rows are only ever added.

use sea_orm::entity::prelude::*;
use time::OffsetDateTime;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "quarantine_actions")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub event_id: String,
    pub at: OffsetDateTime,
    pub actor: String,
    /// `replay` or `dismiss`.
    pub action: String,
    /// As it was told to whoever did it.
    pub outcome: String,
}

impl ActiveModelBehavior for ActiveModel {}
