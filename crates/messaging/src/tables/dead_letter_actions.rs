//! What people did to dead letters, and what came of it. Rows are only ever added.

use sea_orm::entity::prelude::*;
use time::OffsetDateTime;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "dead_letter_actions")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub letter_id: i64,
    pub at: OffsetDateTime,
    pub actor: String,
    /// `replay` or `dismiss`.
    pub action: String,
    /// As it was told to whoever did it.
    pub outcome: String,
}

impl ActiveModelBehavior for ActiveModel {}
