//! Dead letters as people see them: listed, looked at, dismissed. What is done to one is written down beside it.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use kernel::Clock;
use sea_orm::ActiveValue::{NotSet, Set};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, DatabaseConnection, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::database::{snapshot, transact};
use crate::headers::Headers;
use crate::tables::{dead_letter_actions as actions, dead_letters as table};

/// Where a dead letter stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LetterState {
    /// Somebody has to look.
    Open,
    /// Applied after all.
    Replayed,
    /// Found to be of no use.
    Dismissed,
}

impl LetterState {
    /// The word of the database and of people.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Replayed => "replayed",
            Self::Dismissed => "dismissed",
        }
    }

    pub(super) fn read(word: &str) -> Result<Self, DbErr> {
        word.parse().map_err(|()| DbErr::Type(format!("`{word}` is no state of a dead letter")))
    }
}

impl FromStr for LetterState {
    type Err = ();

    fn from_str(word: &str) -> Result<Self, ()> {
        [Self::Open, Self::Replayed, Self::Dismissed]
            .into_iter()
            .find(|state| state.as_str() == word)
            .ok_or(())
    }
}

impl fmt::Display for LetterState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A message that was given up, as it was read.
#[derive(Clone)]
pub struct DeadLetter {
    /// Letters are numbered in the order in which they were given up.
    pub id: i64,
    /// Where it stands.
    pub state: LetterState,
    /// When it was given up.
    pub created_at: OffsetDateTime,
    /// When it was replayed or dismissed.
    pub settled_at: Option<OffsetDateTime>,
    /// The event's id, if it could be read.
    pub event_id: Option<Uuid>,
    /// Without the prefix.
    pub topic: String,
    /// Where it was read.
    pub partition: i32,
    /// Its place there.
    pub offset: i64,
    /// The Kafka key: order id, booking id or product id.
    pub key: Option<String>,
    /// Why it was given up.
    pub error: String,
    /// After how many attempts.
    pub attempts: i32,
    /// Names and values.
    pub headers: Vec<(String, String)>,
    /// The value as it came. It may hold personal data: never log it.
    pub payload: Vec<u8>,
}

/// Without what may be personal.
impl fmt::Debug for DeadLetter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeadLetter").field("id", &self.id).field("state", &self.state).finish_non_exhaustive()
    }
}

/// What somebody did to a letter.
#[derive(Debug, Clone)]
pub struct LetterAction {
    /// When.
    pub at: OffsetDateTime,
    /// Who.
    pub actor: String,
    /// `replay` or `dismiss`.
    pub action: String,
    /// What came of it, in words.
    pub outcome: String,
}

/// Which letters.
#[derive(Debug, Clone, Default)]
pub struct LetterFilter {
    /// In this state.
    pub state: Option<LetterState>,
    /// Of this topic, without the prefix.
    pub topic: Option<String>,
    /// Of this key.
    pub key: Option<String>,
    /// So many at most.
    pub limit: Option<u64>,
}

/// What became of the wish to dismiss a letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dismissal {
    /// It is dismissed.
    Dismissed,
    /// It had been dealt with before.
    Settled(LetterState),
    /// There is none of this id.
    Missing,
}

/// The dead letters of a consumer group.
#[derive(Debug, Clone)]
pub struct DeadLetters {
    pub(super) db: DatabaseConnection,
    pub(super) group: String,
    pub(super) clock: Arc<dyn Clock>,
}

impl DeadLetters {
    /// Those of `group` (without the prefix) in `db`.
    #[must_use]
    pub fn new(db: DatabaseConnection, group: impl Into<String>, clock: Arc<dyn Clock>) -> Self {
        Self { db, group: group.into(), clock }
    }

    /// The letters that pass the filter, oldest first.
    ///
    /// # Errors
    /// The database's.
    pub async fn list(&self, filter: &LetterFilter) -> Result<Vec<DeadLetter>, DbErr> {
        let mut select =
            table::Entity::find().filter(table::Column::ConsumerGroup.eq(&self.group)).limit(filter.limit);
        if let Some(state) = filter.state {
            select = select.filter(table::Column::State.eq(state.as_str()));
        }
        if let Some(topic) = &filter.topic {
            select = select.filter(table::Column::Topic.eq(topic));
        }
        if let Some(key) = &filter.key {
            select = select.filter(table::Column::Key.eq(key));
        }
        let rows = select.order_by_asc(table::Column::Id).all(&self.db).await?;
        rows.into_iter().map(letter).collect()
    }

    /// One letter and what was done to it, oldest first.
    ///
    /// # Errors
    /// The database's.
    pub async fn find(&self, id: i64) -> Result<Option<(DeadLetter, Vec<LetterAction>)>, DbErr> {
        let found = snapshot(&self.db, async |tx: &DatabaseTransaction| {
            let row = table::Entity::find_by_id(id)
                .filter(table::Column::ConsumerGroup.eq(&self.group))
                .one(tx)
                .await?;
            let done = actions::Entity::find()
                .filter(actions::Column::LetterId.eq(id))
                .order_by_asc(actions::Column::Id)
                .all(tx)
                .await?;
            Ok::<_, DbErr>((row, done))
        })
        .await?;
        let (Some(row), done) = found else { return Ok(None) };
        let done = done.into_iter().map(|row| LetterAction {
            at: row.at,
            actor: row.actor,
            action: row.action,
            outcome: row.outcome,
        });
        Ok(Some((letter(row)?, done.collect())))
    }

    /// Closes an open letter without applying it.
    ///
    /// # Errors
    /// The database's.
    pub async fn dismiss(&self, id: i64, by: &str, reason: &str) -> Result<Dismissal, DbErr> {
        let done = transact(&self.db, async |tx: &DatabaseTransaction| {
            let Some(row) = self.lock(tx, id).await? else { return Ok::<_, DbErr>(Dismissal::Missing) };
            match LetterState::read(&row.state)? {
                LetterState::Open => {}
                settled => return Ok(Dismissal::Settled(settled)),
            }
            self.settle(tx, id, LetterState::Dismissed).await?;
            self.note(tx, id, by, "dismiss", format!("dismissed: {reason}")).await?;
            Ok(Dismissal::Dismissed)
        })
        .await?;
        if done == Dismissal::Dismissed {
            tracing::info!(group = self.group, dead_letter = id, by, reason, "dead letter dismissed");
        }
        Ok(done)
    }

    /// Keeps everybody else from it until the end of the transaction.
    pub(super) async fn lock(
        &self,
        tx: &DatabaseTransaction,
        id: i64,
    ) -> Result<Option<table::Model>, DbErr> {
        table::Entity::find_by_id(id)
            .filter(table::Column::ConsumerGroup.eq(&self.group))
            .lock_exclusive()
            .one(tx)
            .await
    }

    pub(super) async fn settle(
        &self,
        tx: &DatabaseTransaction,
        id: i64,
        state: LetterState,
    ) -> Result<(), DbErr> {
        table::Entity::update_many()
            .col_expr(table::Column::State, Expr::value(state.as_str()))
            .col_expr(table::Column::SettledAt, Expr::value(self.clock.now()))
            .filter(table::Column::Id.eq(id))
            .exec(tx)
            .await
            .map(drop)
    }

    pub(super) async fn note(
        &self,
        tx: &DatabaseTransaction,
        id: i64,
        by: &str,
        action: &str,
        outcome: String,
    ) -> Result<(), DbErr> {
        let row = actions::ActiveModel {
            id: NotSet,
            letter_id: Set(id),
            at: Set(self.clock.now()),
            actor: Set(by.to_owned()),
            action: Set(action.to_owned()),
            outcome: Set(outcome),
        };
        actions::Entity::insert(row).exec_without_returning(tx).await.map(drop)
    }
}

fn letter(row: table::Model) -> Result<DeadLetter, DbErr> {
    let headers = Headers::from_json(&row.headers);
    Ok(DeadLetter {
        id: row.id,
        state: LetterState::read(&row.state)?,
        created_at: row.created_at,
        settled_at: row.settled_at,
        event_id: row.event_id,
        topic: row.topic,
        partition: row.partition,
        offset: row.offset,
        key: row.key,
        error: row.error,
        attempts: row.attempts,
        headers: headers.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        payload: row.payload,
    })
}
