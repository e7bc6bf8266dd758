//! Claims due notifications: several processes share the table, none gets another's row while its lease lives.

use std::time::Duration;

use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, EntityTrait, Statement};
use time::OffsetDateTime;

use super::notification::{Entity, Model};
use crate::domain::{Attempt, Notification, NotificationId, Recipient};

/// What was claimed.
pub(crate) struct Claimed {
    /// To be sent, the longest due first.
    pub(crate) due: Vec<Notification>,
    /// Rows that this release cannot read: they must not keep the others from being sent.
    pub(crate) unreadable: Vec<Attempt>,
}

/// Claims up to `limit` pending rows whose next try is due at `now` and which nobody holds, the longest due
/// first. The lease counts by the database's clock, so that processes need not agree on the time.
///
/// # Errors
/// Those of the database.
pub(crate) async fn claim(
    tx: &DatabaseTransaction,
    now: OffsetDateTime,
    lease: Duration,
    limit: u64,
) -> Result<Claimed, DbErr> {
    let lease = i64::try_from(lease.as_millis()).unwrap_or(i64::MAX);
    let backend = tx.get_database_backend();
    let values = [lease.into(), now.into(), i64::try_from(limit).unwrap_or(i64::MAX).into()];
    let claim = Statement::from_sql_and_values(backend, sql(backend), values);
    let mut rows = Entity::find().from_raw_sql(claim).all(tx).await?;
    // RETURNING has no order.
    rows.sort_by_key(|row| (row.next_try_at, row.id));
    let mut claimed = Claimed { due: Vec::new(), unreadable: Vec::new() };
    for row in rows {
        let attempt = Attempt {
            id: NotificationId(row.id),
            number: u32::try_from(row.attempts).unwrap_or(u32::MAX),
            first_tried_at: row.first_tried_at.unwrap_or(now),
            sequence: row.sequence,
        };
        match read(row, attempt) {
            Some(notification) => claimed.due.push(notification),
            None => claimed.unreadable.push(attempt),
        }
    }
    Ok(claimed)
}

/// Without SKIP LOCKED inside, PostgreSQL lets two claims take the same rows; the outer condition is checked
/// again on the row's newest version. A plain subquery may be run again for every row, and then takes more than its
/// limit. On SQLite the immediate transaction excludes every other claim.
fn sql(backend: DbBackend) -> String {
    let (clock, skip_locked) = match backend {
        DbBackend::Postgres => {
            ("(extract(epoch from clock_timestamp()) * 1000)::bigint", "FOR UPDATE SKIP LOCKED")
        }
        _ => ("cast(unixepoch('subsec') * 1000 as integer)", ""),
    };
    let free = format!("state = 'pending' AND next_try_at <= $2 AND coalesce(lease_until, 0) < {clock}");
    format!(
        "WITH due AS MATERIALIZED \
         (SELECT id FROM notifications WHERE {free} ORDER BY next_try_at LIMIT $3 {skip_locked}) \
         UPDATE notifications SET lease_until = {clock} + $1, attempts = attempts + 1, \
         first_tried_at = coalesce(first_tried_at, $2) \
         WHERE id IN (SELECT id FROM due) AND {free} RETURNING *"
    )
}

fn read(row: Model, attempt: Attempt) -> Option<Notification> {
    Some(Notification {
        attempt,
        recipient: Recipient::parse(row.recipient.as_deref()).ok()?,
        letter: serde_json::from_value(row.data).ok()?,
        message_id: row.message_id,
        order_id: row.order_id,
        payment_id: row.payment_id,
        traceparent: row.traceparent,
    })
}
