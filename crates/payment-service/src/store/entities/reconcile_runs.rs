//! Runs of the reconciler, and what they found.

use sea_orm::entity::prelude::*;
use time::OffsetDateTime;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "reconcile_runs")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    /// `job` or `command`.
    pub origin: String,
    /// When the backup was made that had been put back.
    pub since: Option<OffsetDateTime>,
    pub started_at: OffsetDateTime,
    pub finished_at: OffsetDateTime,
    pub outcome: String,
    pub report: Json,
}

impl ActiveModelBehavior for ActiveModel {}
