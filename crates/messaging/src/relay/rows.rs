//! Reading, deleting and setting aside the outbox's rows.

use kernel::Clock;
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{
    ColumnTrait, DatabaseConnection, DbErr, EntityTrait, FromQueryResult, QueryFilter, Statement, Value,
};
use time::Duration;

use super::{LEASE, RelayConfig};
use crate::tables::{leases, outbox};

/// What is needed to publish a row.
#[derive(Debug, FromQueryResult)]
pub(super) struct Row {
    pub(super) id: i64,
    pub(super) topic: String,
    pub(super) key: Option<String>,
    pub(super) payload: Vec<u8>,
    pub(super) headers: serde_json::Value,
    attempts: i32,
}

/// The oldest rows that may be sent, bounded in number and bytes.
pub(super) async fn read(
    db: &DatabaseConnection,
    clock: &dyn Clock,
    config: &RelayConfig,
    held_topics: Vec<String>,
) -> Result<Vec<Row>, DbErr> {
    let limit = i64::try_from(config.batch).unwrap_or(i64::MAX);
    let mut values: Vec<Value> = vec![clock.now().into(), limit.into(), config.batch_bytes.into()];
    let mut held = String::new();
    for topic in held_topics {
        values.push(topic.into());
        held += &format!(" AND topic <> ${}", values.len());
    }
    let sql = format!(
        "SELECT id, topic, key, payload, headers, attempts FROM (\
           SELECT waiting.*, sum(length(payload)) OVER (ORDER BY id) - length(payload) AS before FROM (\
             SELECT id, topic, key, payload, headers, attempts FROM outbox \
             WHERE (next_try_at IS NULL OR next_try_at <= $1){held} ORDER BY id LIMIT $2\
           ) AS waiting\
         ) AS summed WHERE before < $3 ORDER BY id"
    );
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    Row::find_by_statement(statement).all(db).await
}

/// Deletes what the broker has, unless another relay has taken over: it may be sending these very rows.
/// Answers how many there were.
pub(super) async fn delete(db: &DatabaseConnection, epoch: i64, ids: &[i64]) -> Result<u64, DbErr> {
    let still_ours = Query::select()
        .expr(Expr::val(1))
        .from(leases::Entity)
        .and_where(leases::Column::Name.eq(LEASE))
        .and_where(leases::Column::Epoch.eq(epoch))
        .take();
    let deleted = outbox::Entity::delete_many()
        .filter(outbox::Column::Id.is_in(ids.iter().copied()))
        .filter(Expr::exists(still_ours))
        .exec(db)
        .await?;
    Ok(deleted.rows_affected)
}

/// Sets a row aside that the broker refuses, each time twice as long, up to an hour.
pub(super) async fn set_aside(
    db: &DatabaseConnection,
    clock: &dyn Clock,
    row: &Row,
    error: &str,
) -> Result<(), DbErr> {
    let doublings = row.attempts.clamp(0, 7).cast_unsigned();
    let pause = Ord::min(Duration::seconds(30) * 2_i32.pow(doublings), Duration::HOUR);
    outbox::Entity::update_many()
        .col_expr(outbox::Column::Attempts, Expr::col(outbox::Column::Attempts).add(1))
        .col_expr(outbox::Column::NextTryAt, Expr::value(clock.now() + pause))
        .col_expr(outbox::Column::LastError, Expr::value(error))
        .filter(outbox::Column::Id.eq(row.id))
        .exec(db)
        .await?;
    Ok(())
}
