//! Taking, finishing and giving back a key.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kernel::Clock;
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait,
    QueryFilter, QuerySelect, sea_query::Expr,
};
use time::{Duration, OffsetDateTime};

use super::row::{ActiveModel, Column, Entity};
use crate::problem::{Problem, ProblemCode};

/// How long a call may take before another one may take it over.
const LEASE: Duration = Duration::seconds(60);
/// How long a key is remembered.
const KEPT: Duration = Duration::hours(24);

/// One call under a key. Clones are the same call.
#[derive(Debug, Clone)]
pub struct Claim {
    /// Whose key it is; keys of different scopes never meet. See [`Checked::scope`](crate::csrf::Checked::scope).
    pub scope: String,
    /// The caller's key.
    pub key: String,
    /// [`request_hash`](super::request_hash) of the call.
    pub hash: [u8; 32],
    /// The end of the lease this call has taken: what tells it from another call under the same key.
    lease: Arc<Mutex<Option<OffsetDateTime>>>,
}

/// What a call under a key may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begin {
    /// The first call: do the work.
    Fresh,
    /// An earlier call made this resource and did not come to its end: go on with it.
    Resume(String),
    /// Done before: answer from this resource, with `Idempotent-Replayed: true`.
    Replay(String),
    /// An earlier call is still running: 409.
    InFlight,
    /// The key was used for another request: 422.
    Mismatch,
}

impl Begin {
    /// The resource to go on with or to answer from: `None` when it is the first call, else the id and whether it is a
    /// replay.
    ///
    /// # Errors
    /// `idempotency_in_flight`, `idempotency_mismatch`.
    pub fn resource(self) -> Result<Option<(String, bool)>, Problem> {
        match self {
            Self::Fresh => Ok(None),
            Self::Resume(id) => Ok(Some((id, false))),
            Self::Replay(id) => Ok(Some((id, true))),
            Self::InFlight => Err(ProblemCode::IdempotencyInFlight.into()),
            Self::Mismatch => Err(ProblemCode::IdempotencyMismatch.into()),
        }
    }
}

impl Claim {
    /// A call of `scope` under `key`; `hash` is [`request_hash`](super::request_hash) of it.
    #[must_use]
    pub fn new(scope: String, key: String, hash: [u8; 32]) -> Self {
        Self { scope, key, hash, lease: Arc::default() }
    }

    /// Takes the key in the business transaction; a second call at the same time waits for that transaction's end.
    ///
    /// The same call may begin again, when it does not know whether its transaction was committed: if it was, it goes on
    /// with what that made.
    ///
    /// # Errors
    /// The database's.
    pub async fn begin(&self, tx: &DatabaseTransaction, clock: &dyn Clock) -> Result<Begin, DbErr> {
        let now = clock.now();
        // As the database keeps it.
        let lease = micros(now + LEASE);
        let earlier = *self.lease();
        let inserted = Entity::insert(ActiveModel {
            scope: Set(self.scope.clone()),
            key: Set(self.key.clone()),
            request_hash: Set(self.hash.to_vec()),
            resource_id: Set(None),
            lease_until: Set(lease),
            finished_at: Set(None),
            created_at: Set(now),
        })
        .on_conflict(OnConflict::columns([Column::Scope, Column::Key]).do_nothing().to_owned())
        .exec_without_returning(tx)
        .await?;
        if inserted == 1 {
            *self.lease() = Some(lease);
            return Ok(Begin::Fresh);
        }
        let known = self.rows().lock_exclusive().one(tx).await?;
        let known = known.ok_or_else(|| DbErr::RecordNotFound("an idempotency key vanished".to_owned()))?;
        if known.request_hash != self.hash {
            return Ok(Begin::Mismatch);
        }
        if known.finished_at.is_some()
            && let Some(id) = known.resource_id
        {
            return Ok(Begin::Replay(id));
        }
        if known.lease_until > now && Some(known.lease_until) != earlier {
            return Ok(Begin::InFlight);
        }
        self.update(tx, Column::LeaseUntil, lease).await?;
        *self.lease() = Some(lease);
        Ok(known.resource_id.map_or(Begin::Fresh, Begin::Resume))
    }

    /// Notes what was made, in the transaction that makes it.
    ///
    /// # Errors
    /// The database's.
    pub async fn attach(&self, tx: &DatabaseTransaction, resource_id: &str) -> Result<(), DbErr> {
        self.update(tx, Column::ResourceId, resource_id).await
    }

    /// The call succeeded: from now on it is replayed.
    ///
    /// # Errors
    /// The database's.
    pub async fn finish(&self, db: &impl ConnectionTrait, clock: &dyn Clock) -> Result<(), DbErr> {
        self.update(db, Column::FinishedAt, Some(clock.now())).await
    }

    /// The call failed: the next one need not wait. What was made stays attached, and is resumed. If another call has
    /// taken the key over meanwhile, it stays that one's.
    ///
    /// # Errors
    /// The database's.
    pub async fn release(&self, db: &impl ConnectionTrait, clock: &dyn Clock) -> Result<(), DbErr> {
        let Some(lease) = *self.lease() else { return Ok(()) };
        let unfinished = Condition::all().add(Column::FinishedAt.is_null()).add(Column::LeaseUntil.eq(lease));
        let bare =
            Condition::all().add(self.mine()).add(unfinished.clone()).add(Column::ResourceId.is_null());
        Entity::delete_many().filter(bare).exec(db).await?;
        Entity::update_many()
            .col_expr(Column::LeaseUntil, Expr::value(clock.now()))
            .filter(self.mine())
            .filter(unfinished)
            .exec(db)
            .await
            .map(drop)
    }

    fn lease(&self) -> MutexGuard<'_, Option<OffsetDateTime>> {
        self.lease.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn mine(&self) -> Condition {
        Condition::all().add(Column::Scope.eq(&self.scope)).add(Column::Key.eq(&self.key))
    }

    fn rows(&self) -> sea_orm::Select<Entity> {
        Entity::find().filter(self.mine())
    }

    async fn update<V: Into<sea_orm::Value>>(
        &self,
        db: &impl ConnectionTrait,
        column: Column,
        value: V,
    ) -> Result<(), DbErr> {
        let update = Entity::update_many().col_expr(column, Expr::value(value)).filter(self.mine());
        update.exec(db).await.map(drop)
    }
}

/// Cut to what PostgreSQL keeps of a time.
fn micros(at: OffsetDateTime) -> OffsetDateTime {
    at.replace_nanosecond(at.nanosecond() / 1_000 * 1_000).unwrap_or(at)
}

/// Forgets keys older than a day that nobody holds. How many.
///
/// # Errors
/// The database's.
pub async fn purge(db: &impl ConnectionTrait, clock: &dyn Clock) -> Result<u64, DbErr> {
    let now = clock.now();
    let old =
        Entity::delete_many().filter(Column::CreatedAt.lt(now - KEPT)).filter(Column::LeaseUntil.lt(now));
    old.exec(db).await.map(|done| done.rows_affected)
}
