//! `reconcile_runs`: when Stripe's books and ours were compared, and what was found.

use sea_orm::ActiveValue::{NotSet, Set};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::Value;
use time::OffsetDateTime;

use super::entities::reconcile_runs::{ActiveModel, Column, Entity};

/// The origin of the runs that come by themselves.
pub(crate) const JOB: &str = "job";

/// A run that has ended.
#[derive(Debug)]
pub(crate) struct Run {
    /// [`JOB`] or `command`.
    pub(crate) origin: &'static str,
    /// When the backup was made that had been put back.
    pub(crate) since: Option<OffsetDateTime>,
    /// When it began.
    pub(crate) started_at: OffsetDateTime,
    /// When it ended.
    pub(crate) finished_at: OffsetDateTime,
    /// How.
    pub(crate) outcome: &'static str,
    /// What it found.
    pub(crate) report: Value,
}

/// Notes a run.
pub(crate) async fn insert(db: &impl ConnectionTrait, run: &Run) -> Result<(), DbErr> {
    let row = ActiveModel {
        id: NotSet,
        origin: Set(run.origin.to_owned()),
        since: Set(run.since),
        started_at: Set(run.started_at),
        finished_at: Set(run.finished_at),
        outcome: Set(run.outcome.to_owned()),
        report: Set(run.report.clone()),
    };
    Entity::insert(row).exec_without_returning(db).await.map(drop)
}

/// When the job's last run ended, in whichever process.
pub(crate) async fn last_of_job(db: &impl ConnectionTrait) -> Result<Option<OffsetDateTime>, DbErr> {
    Entity::find()
        .select_only()
        .column(Column::FinishedAt)
        .filter(Column::Origin.eq(JOB))
        .order_by_desc(Column::Id)
        .into_tuple()
        .one(db)
        .await
}

/// When the job's last run began that left nothing.
pub(crate) async fn last_reconciled(db: &impl ConnectionTrait) -> Result<Option<OffsetDateTime>, DbErr> {
    Entity::find()
        .select_only()
        .column(Column::StartedAt)
        .filter(Column::Origin.eq(JOB))
        .filter(Column::Outcome.eq("reconciled"))
        .order_by_desc(Column::Id)
        .into_tuple()
        .one(db)
        .await
}

/// Forgets at most `limit` runs that ended before `before`. How many.
pub(crate) async fn purge(
    db: &impl ConnectionTrait,
    before: OffsetDateTime,
    limit: u64,
) -> Result<u64, DbErr> {
    let old: Vec<i64> = Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::FinishedAt.lt(before))
        .order_by_asc(Column::Id)
        .limit(limit)
        .into_tuple()
        .all(db)
        .await?;
    let done = Entity::delete_many().filter(Column::Id.is_in(old)).exec(db).await?;
    Ok(done.rows_affected)
}
