//! `stripe_requests`: calls with an effect, byte for byte. Stored and committed before they are sent, so that
//! whoever finds one pending can send the same again.

use kernel::PaymentId;
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect,
};
use time::OffsetDateTime;

use super::entities::stripe_requests::{ActiveModel, Column, Entity, Model};
use super::{to_u32, unreadable};
use crate::domain::UnknownWord;

/// What a call does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    /// Makes a Session.
    CreateSession,
    /// Gives money back.
    Refund,
}

impl Operation {
    const fn as_str(self) -> &'static str {
        match self {
            Self::CreateSession => "create-session",
            Self::Refund => "refund",
        }
    }
}

/// A stored call.
#[derive(Debug, Clone)]
pub(crate) struct StoredRequest {
    /// The idempotency key.
    pub(crate) id: String,
    /// For which payment.
    pub(crate) payment_id: PaymentId,
    /// What it does.
    pub(crate) operation: Operation,
    /// The reason of a refund.
    pub(crate) reference: Option<String>,
    /// `POST`
    pub(crate) method: String,
    /// From `/v1` on.
    pub(crate) path: String,
    /// Form-encoded.
    pub(crate) body: Option<String>,
    /// The API version.
    pub(crate) version: String,
    /// How often the resolver sent it.
    pub(crate) tries: u32,
    /// When the resolver is to look at it, unless whoever stored it has finished by then.
    pub(crate) next_try_at: OffsetDateTime,
    /// The trace it was stored in (W3C `traceparent`).
    pub(crate) traceparent: Option<String>,
    /// When it was stored.
    pub(crate) created_at: OffsetDateTime,
}

/// Stores a call, pending.
pub(crate) async fn insert(tx: &DatabaseTransaction, request: &StoredRequest) -> Result<(), DbErr> {
    let row = ActiveModel {
        id: Set(request.id.clone()),
        payment_id: Set(request.payment_id.uuid()),
        operation: Set(request.operation.as_str().to_owned()),
        reference: Set(request.reference.clone()),
        method: Set(request.method.clone()),
        path: Set(request.path.clone()),
        body: Set(request.body.clone()),
        stripe_version: Set(request.version.clone()),
        state: Set("pending".to_owned()),
        tries: Set(0),
        next_try_at: Set(request.next_try_at),
        traceparent: Set(request.traceparent.clone()),
        created_at: Set(request.created_at),
        finished_at: Set(None),
    };
    Entity::insert(row).exec_without_returning(tx).await.map(drop)
}

/// The payment's pending call that makes its Session.
pub(crate) async fn pending_session(
    db: &impl ConnectionTrait,
    payment_id: PaymentId,
) -> Result<Option<StoredRequest>, DbErr> {
    let row = pending()
        .filter(Column::PaymentId.eq(payment_id.uuid()))
        .filter(Column::Operation.eq(Operation::CreateSession.as_str()))
        .one(db)
        .await?;
    row.map(StoredRequest::try_from).transpose()
}

/// The outcome is known: nobody sends it again. `false` if it was finished before.
pub(crate) async fn finish(
    tx: &DatabaseTransaction,
    id: &str,
    answered: bool,
    now: OffsetDateTime,
) -> Result<bool, DbErr> {
    let finished = Entity::update_many()
        .col_expr(Column::State, Expr::value(if answered { "answered" } else { "failed" }))
        .col_expr(Column::FinishedAt, Expr::value(now))
        .filter(Column::Id.eq(id))
        .filter(Column::State.eq("pending"))
        .exec(tx)
        .await?;
    Ok(finished.rows_affected == 1)
}

/// A call that this build cannot read: newer, or damaged.
#[derive(Debug)]
pub(crate) struct Unreadable {
    /// The idempotency key.
    pub(crate) id: String,
    /// What is wrong with it.
    pub(crate) error: DbErr,
}

/// Pending calls that nobody has finished in time, longest waiting first.
pub(crate) async fn due(
    db: &impl ConnectionTrait,
    now: OffsetDateTime,
    limit: u64,
) -> Result<Vec<Result<StoredRequest, Unreadable>>, DbErr> {
    let rows = pending()
        .filter(Column::NextTryAt.lte(now))
        .order_by_asc(Column::NextTryAt)
        .limit(limit)
        .all(db)
        .await?;
    let read = |row: Model| {
        let id = row.id.clone();
        StoredRequest::try_from(row).map_err(|error| Unreadable { id, error })
    };
    Ok(rows.into_iter().map(read).collect())
}

/// How many calls stored before `before` are pending.
pub(crate) async fn pending_before(db: &impl ConnectionTrait, before: OffsetDateTime) -> Result<u64, DbErr> {
    pending().filter(Column::CreatedAt.lt(before)).count(db).await
}

/// Forgets at most `limit` calls that were finished before `before`. How many.
pub(crate) async fn purge(
    db: &impl ConnectionTrait,
    before: OffsetDateTime,
    limit: u64,
) -> Result<u64, DbErr> {
    let old: Vec<String> = Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::State.ne("pending"))
        .filter(Column::FinishedAt.lt(before))
        .order_by_asc(Column::FinishedAt)
        .limit(limit)
        .into_tuple()
        .all(db)
        .await?;
    let done = Entity::delete_many().filter(Column::Id.is_in(old)).exec(db).await?;
    Ok(done.rows_affected)
}

/// Leaves a call until `until`.
pub(crate) async fn postpone(
    db: &impl ConnectionTrait,
    id: &str,
    until: OffsetDateTime,
) -> Result<(), DbErr> {
    Entity::update_many()
        .col_expr(Column::NextTryAt, Expr::value(until))
        .filter(Column::Id.eq(id))
        .exec(db)
        .await
        .map(drop)
}

/// Takes the work on a call until `until`; `false` if it was finished or another process was faster.
pub(crate) async fn claim(
    db: &impl ConnectionTrait,
    request: &StoredRequest,
    until: OffsetDateTime,
) -> Result<bool, DbErr> {
    let claimed = Entity::update_many()
        .col_expr(Column::NextTryAt, Expr::value(until))
        .col_expr(Column::Tries, Expr::col(Column::Tries).add(1))
        .filter(Column::Id.eq(request.id.as_str()))
        .filter(Column::State.eq("pending"))
        .filter(Column::NextTryAt.eq(request.next_try_at))
        .exec(db)
        .await?;
    Ok(claimed.rows_affected == 1)
}

fn pending() -> sea_orm::Select<Entity> {
    Entity::find().filter(Column::State.eq("pending"))
}

impl TryFrom<Model> for StoredRequest {
    type Error = DbErr;

    fn try_from(row: Model) -> Result<Self, DbErr> {
        let operation = match row.operation.as_str() {
            "create-session" => Operation::CreateSession,
            "refund" => Operation::Refund,
            _ => return Err(unreadable(UnknownWord { what: "operation" })),
        };
        Ok(Self {
            id: row.id,
            payment_id: row.payment_id.into(),
            operation,
            reference: row.reference,
            method: row.method,
            path: row.path,
            body: row.body,
            version: row.stripe_version,
            tries: to_u32(row.tries),
            next_try_at: row.next_try_at,
            traceparent: row.traceparent,
            created_at: row.created_at,
        })
    }
}
