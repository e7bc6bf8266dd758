//! `stripe_events`: webhooks as they came, and what became of them.

use std::collections::HashSet;

use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, PaginatorTrait,
    QueryFilter, QueryOrder, QuerySelect,
};
use time::OffsetDateTime;

use super::entities::stripe_events::{ActiveModel, Column, Entity, Model};
use super::{to_i32, to_u32};

/// What became of a webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// Stored; to be applied.
    Pending,
    /// Applied, or found to be known.
    Processed,
    /// About something that is not ours.
    Foreign,
    /// Of a type we do not act on.
    Ignored,
    /// Ours, and wrong: somebody has to look.
    Quarantined,
    /// Quarantined, and found to be of no use.
    Dismissed,
}

impl State {
    /// The word of the database and of the metrics.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Processed => "processed",
            Self::Foreign => "foreign",
            Self::Ignored => "ignored",
            Self::Quarantined => "quarantined",
            Self::Dismissed => "dismissed",
        }
    }
}

/// Nothing is left to do about these.
const SETTLED: [State; 3] = [State::Processed, State::Ignored, State::Foreign];

/// A stored webhook.
#[derive(Debug, Clone)]
pub(crate) struct Stored {
    /// `evt_…`
    pub(crate) id: String,
    /// The raw body.
    pub(crate) payload: String,
    /// How often applying it failed.
    pub(crate) tries: u32,
    /// When it came.
    pub(crate) received_at: OffsetDateTime,
    /// When applying it failed first, however long it had waited until then.
    pub(crate) first_tried_at: Option<OffsetDateTime>,
}

/// A webhook to store.
#[derive(Debug)]
pub(crate) struct New<'a> {
    /// `evt_…`
    pub(crate) id: &'a str,
    /// Its type.
    pub(crate) kind: &'a str,
    /// Its mode.
    pub(crate) livemode: Option<bool>,
    /// The API version it was written in.
    pub(crate) api_version: Option<&'a str>,
    /// The raw body.
    pub(crate) payload: &'a str,
    /// Now.
    pub(crate) received_at: OffsetDateTime,
    /// When workers look after it, if it is pending by then.
    pub(crate) next_try_at: OffsetDateTime,
}

/// Stores a webhook, pending. `false` if one of this id is there: a second one at the same time waits for the first
/// one's transaction.
pub(crate) async fn insert(tx: &DatabaseTransaction, new: &New<'_>) -> Result<bool, DbErr> {
    let row = ActiveModel {
        id: Set(new.id.to_owned()),
        kind: Set(new.kind.to_owned()),
        livemode: Set(new.livemode),
        api_version: Set(new.api_version.map(str::to_owned)),
        payload: Set(new.payload.to_owned()),
        state: Set(State::Pending.as_str().to_owned()),
        tries: Set(0),
        last_error: Set(None),
        next_try_at: Set(new.next_try_at),
        received_at: Set(new.received_at),
        first_tried_at: Set(None),
        processed_at: Set(None),
    };
    let inserted = Entity::insert(row)
        .on_conflict(OnConflict::column(Column::Id).do_nothing().to_owned())
        .exec_without_returning(tx)
        .await?;
    Ok(inserted == 1)
}

/// What became of it.
pub(crate) async fn settle(
    tx: &DatabaseTransaction,
    id: &str,
    state: State,
    reason: Option<&str>,
    now: OffsetDateTime,
) -> Result<(), DbErr> {
    Entity::update_many()
        .col_expr(Column::State, Expr::value(state.as_str()))
        .col_expr(Column::LastError, Expr::value(reason.map(str::to_owned)))
        .col_expr(Column::ProcessedAt, Expr::value(now))
        .filter(Column::Id.eq(id))
        .exec(tx)
        .await
        .map(drop)
}

/// It could not be applied `now`, for one more time: again at `next_try_at`.
pub(crate) async fn postpone(
    tx: &DatabaseTransaction,
    stored: &Stored,
    reason: &str,
    (now, next_try_at): (OffsetDateTime, OffsetDateTime),
) -> Result<(), DbErr> {
    Entity::update_many()
        .col_expr(Column::Tries, Expr::value(to_i32(stored.tries.saturating_add(1))))
        .col_expr(Column::FirstTriedAt, Expr::value(stored.first_tried_at.unwrap_or(now)))
        .col_expr(Column::LastError, Expr::value(reason))
        .col_expr(Column::NextTryAt, Expr::value(next_try_at))
        .filter(Column::Id.eq(stored.id.as_str()))
        .exec(tx)
        .await
        .map(drop)
}

/// Leaves a webhook, of which not even the failure could be noted properly, until `next_try_at`.
pub(crate) async fn leave(
    db: &impl ConnectionTrait,
    id: &str,
    next_try_at: OffsetDateTime,
) -> Result<(), DbErr> {
    Entity::update_many()
        .col_expr(Column::Tries, Expr::col(Column::Tries).add(1))
        .col_expr(Column::NextTryAt, Expr::value(next_try_at))
        .filter(Column::Id.eq(id))
        .filter(Column::State.eq(State::Pending.as_str()))
        .exec(db)
        .await
        .map(drop)
}

/// Ids of pending webhooks that are due, longest waiting first.
pub(crate) async fn due(
    db: &impl ConnectionTrait,
    now: OffsetDateTime,
    limit: u64,
) -> Result<Vec<String>, DbErr> {
    Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::State.eq(State::Pending.as_str()))
        .filter(Column::NextTryAt.lte(now))
        .order_by_asc(Column::NextTryAt)
        .limit(limit)
        .into_tuple()
        .all(db)
        .await
}

/// Those of the events that are stored.
pub(crate) async fn known(db: &impl ConnectionTrait, ids: &[String]) -> Result<HashSet<String>, DbErr> {
    those_of(db, ids, Condition::all()).await
}

/// Those of the events that came before `before` and were settled well.
pub(crate) async fn settled_before(
    db: &impl ConnectionTrait,
    ids: &[String],
    before: OffsetDateTime,
) -> Result<HashSet<String>, DbErr> {
    let settled = Column::State.is_in(SETTLED.map(State::as_str));
    those_of(db, ids, Condition::all().add(settled).add(Column::ReceivedAt.lt(before))).await
}

async fn those_of(
    db: &impl ConnectionTrait,
    ids: &[String],
    wanted: Condition,
) -> Result<HashSet<String>, DbErr> {
    let mut found = HashSet::new();
    // A statement takes so many values only.
    for some in ids.chunks(1_000) {
        let rows: Vec<String> = Entity::find()
            .select_only()
            .column(Column::Id)
            .filter(Column::Id.is_in(some.iter().map(String::as_str)))
            .filter(wanted.clone())
            .into_tuple()
            .all(db)
            .await?;
        found.extend(rows);
    }
    Ok(found)
}

/// The state of an event, and why, if it is one that somebody has to look at or that has to be tried again. Waits for
/// whoever works on it.
pub(crate) async fn unsettled(
    db: &impl ConnectionTrait,
    id: &str,
) -> Result<Option<(State, Option<String>)>, DbErr> {
    let states = [State::Pending, State::Quarantined];
    let row: Option<(String, Option<String>)> = Entity::find_by_id(id)
        .select_only()
        .column(Column::State)
        .column(Column::LastError)
        .filter(Column::State.is_in(states.map(State::as_str)))
        .lock_shared()
        .into_tuple()
        .one(db)
        .await?;
    Ok(row.and_then(|(word, reason)| {
        states.into_iter().find(|state| state.as_str() == word).map(|state| (state, reason))
    }))
}

/// How many events wait for somebody to look at them since before `before`.
pub(crate) async fn quarantined_before(
    db: &impl ConnectionTrait,
    before: OffsetDateTime,
) -> Result<u64, DbErr> {
    Entity::find()
        .filter(Column::State.eq(State::Quarantined.as_str()))
        .filter(Column::ReceivedAt.lt(before))
        .count(db)
        .await
}

/// Forgets at most `limit` events that were settled well and came before `before`. How many.
pub(crate) async fn purge(
    db: &impl ConnectionTrait,
    before: OffsetDateTime,
    limit: u64,
) -> Result<u64, DbErr> {
    let settled = SETTLED.map(State::as_str);
    let old: Vec<String> = Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::State.is_in(settled))
        .filter(Column::ReceivedAt.lt(before))
        .order_by_asc(Column::ReceivedAt)
        .limit(limit)
        .into_tuple()
        .all(db)
        .await?;
    Entity::delete_many()
        .filter(Column::Id.is_in(old))
        .filter(Column::State.is_in(settled))
        .exec(db)
        .await
        .map(|done| done.rows_affected)
}

/// Locks a webhook that is still pending. `None` if it is not, or another process works on it.
pub(crate) async fn lock_pending(tx: &DatabaseTransaction, id: &str) -> Result<Option<Stored>, DbErr> {
    let row = Entity::find_by_id(id)
        .filter(Column::State.eq(State::Pending.as_str()))
        .lock_with_behavior(
            sea_orm::sea_query::LockType::Update,
            sea_orm::sea_query::LockBehavior::SkipLocked,
        )
        .one(tx)
        .await?;
    Ok(row.map(Stored::from))
}

impl From<Model> for Stored {
    fn from(row: Model) -> Self {
        Self {
            id: row.id,
            payload: row.payload,
            tries: to_u32(row.tries),
            received_at: row.received_at,
            first_tried_at: row.first_tried_at,
        }
    }
}
