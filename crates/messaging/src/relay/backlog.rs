//! How much waits for the broker, and for how long, and what was given up.

use std::time::Duration;

use kernel::Clock;
use sea_orm::sea_query::{Expr, ExprTrait, Func};
use sea_orm::{
    ColumnTrait, DatabaseConnection, DbErr, EntityTrait, FromQueryResult, PaginatorTrait, QueryFilter,
    QuerySelect,
};
use time::OffsetDateTime;
use tokio::time::{Instant, sleep};

use crate::LetterState;
use crate::database::{ANSWER, within};
use crate::metrics::RelayMetrics;
use crate::tables::{dead_letters, outbox};

/// From this age on the backlog is told in the log as well.
const OLD: time::Duration = time::Duration::minutes(1);
const TELL_EVERY: Duration = Duration::from_secs(60);

#[derive(FromQueryResult)]
struct Backlog {
    rows: i64,
    set_aside: i64,
    oldest: Option<OffsetDateTime>,
    #[sea_orm(skip)]
    dead_letters: u64,
}

/// Measures for ever.
pub(super) async fn measure(
    db: &DatabaseConnection,
    clock: &dyn Clock,
    metrics: &RelayMetrics,
    interval: Duration,
) {
    let mut told: Option<Instant> = None;
    loop {
        match within(ANSWER, read(db)).await {
            Ok(backlog) => {
                let age = backlog.oldest.map_or(time::Duration::ZERO, |oldest| clock.now() - oldest);
                metrics.backlog(
                    u64::try_from(backlog.rows).unwrap_or_default(),
                    u64::try_from(backlog.set_aside).unwrap_or_default(),
                    age.as_seconds_f64(),
                );
                metrics.dead_letters(backlog.dead_letters);
                if age > OLD && told.is_none_or(|told| told.elapsed() > TELL_EVERY) {
                    told = Some(Instant::now());
                    tracing::warn!(
                        rows = backlog.rows,
                        set_aside = backlog.set_aside,
                        oldest_seconds = age.whole_seconds(),
                        "events wait for the broker"
                    );
                }
            }
            Err(error) => tracing::warn!(error = %error, "the backlog cannot be measured"),
        }
        sleep(interval).await;
    }
}

async fn read(db: &DatabaseConnection) -> Result<Backlog, DbErr> {
    let all = outbox::Entity::find()
        .select_only()
        .column_as(Expr::col(outbox::Column::Id).count(), "rows")
        .column_as(Expr::col(outbox::Column::NextTryAt).count(), "set_aside")
        .expr_as(Func::min(Expr::col(outbox::Column::CreatedAt)), "oldest");
    let measured = all.into_model::<Backlog>().one(db).await?;
    let mut measured = measured.ok_or_else(|| DbErr::RecordNotFound("a count".to_owned()))?;
    measured.dead_letters = dead_letters::Entity::find()
        .filter(dead_letters::Column::State.eq(LetterState::Open.as_str()))
        .count(db)
        .await?;
    Ok(measured)
}
