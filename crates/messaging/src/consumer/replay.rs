//! Applying dead letters after all: the stored message, by the consumer's own handler, in place.
//!
//! The letter is locked and its state changes in the transaction of the effect, so that it has one effect at most,
//! whoever else replays it at the same moment. Its inbox row stays: the message from Kafka is a duplicate for ever.

use std::fmt;
use std::sync::Arc;

use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect, TransactionTrait,
};
use tokio::time::sleep;

use super::apply::{Failure, guarded, span};
use super::dead_letter::short;
use super::incoming::{Content, Incoming, Message, Raw};
use super::letters::{DeadLetters, LetterState};
use super::{Handler, RetryPolicy, inbox};
use crate::Source;
use crate::database::begin;
use crate::headers::Headers;
use crate::tables::dead_letters as table;

/// How often a letter is begun anew that lost against another transaction.
const CONFLICTS: usize = 4;

/// What became of a letter that was to be replayed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Replayed {
    /// It took effect.
    Applied,
    /// The same event had come again, readable, and taken effect.
    Duplicate,
    /// It cannot be applied; it stays open.
    Failed(String),
    /// An older one of the same key is open and goes first.
    HeldBack {
        /// That one.
        older: i64,
    },
    /// It had been dealt with before.
    Settled(LetterState),
    /// There is none of this id.
    Missing,
}

impl Replayed {
    /// Whether nothing is left to do about it.
    #[must_use]
    pub const fn is_done(&self) -> bool {
        matches!(self, Self::Applied | Self::Duplicate)
    }
}

impl fmt::Display for Replayed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Applied => f.write_str("applied"),
            Self::Duplicate => f.write_str("closed: the same event has taken effect since"),
            Self::Failed(error) => write!(f, "failed, stays open: {error}"),
            Self::HeldBack { older } => {
                write!(f, "held back: {older} is older, of the same key and still open")
            }
            Self::Settled(state) => write!(f, "nothing to do: it is {state} already"),
            Self::Missing => f.write_str("there is no such letter"),
        }
    }
}

/// The surroundings were in the way: of this letter nothing has changed.
#[derive(Debug, thiserror::Error)]
#[error("dead letter {id} could not be tried; nothing of it has changed")]
pub struct ReplayInterrupted {
    /// The letter.
    pub id: i64,
    #[source]
    cause: anyhow::Error,
}

/// Applies dead letters by the handler of their consumer.
pub struct Replay {
    letters: DeadLetters,
    handler: Arc<dyn Handler>,
    own_source: Source,
}

impl Replay {
    /// Of these letters.
    #[must_use]
    pub fn new(letters: DeadLetters, handler: Arc<dyn Handler>, own_source: Source) -> Self {
        Self { letters, handler, own_source }
    }

    /// Applies one letter, in a transaction of its own. Of several, ask for the oldest first.
    ///
    /// # Errors
    /// When the database is in the way.
    pub async fn replay(&self, id: i64, by: &str) -> Result<Replayed, ReplayInterrupted> {
        let mut pauses = RetryPolicy::in_conflict().take(CONFLICTS);
        loop {
            let cause = match self.alone(id, by).await {
                Ok(replayed) => {
                    self.tell(id, by, &replayed);
                    return Ok(replayed);
                }
                Err(Failure::Conflict(cause)) => match pauses.next() {
                    Some(pause) => {
                        sleep(pause).await;
                        continue;
                    }
                    None => cause,
                },
                Err(Failure::Outage(cause) | Failure::Message(cause)) => cause,
            };
            return Err(ReplayInterrupted { id, cause });
        }
    }

    /// What [`Replay::replay`] of these, one after the other, would say: done in transactions that are rolled back, one
    /// for each key, as letters of different keys do not wait for each other. Answered key by key.
    ///
    /// # Errors
    /// When the database is in the way.
    pub async fn rehearse(&self, ids: &[i64], by: &str) -> Result<Vec<(i64, Replayed)>, ReplayInterrupted> {
        let interrupted = |id: i64, failure| match failure {
            Failure::Conflict(cause) | Failure::Outage(cause) | Failure::Message(cause) => {
                ReplayInterrupted { id, cause }
            }
        };
        let first = ids.first().copied().unwrap_or_default();
        let by_key = self.by_key(ids).await.map_err(|error| interrupted(first, of_database(error)))?;
        let mut said = Vec::with_capacity(ids.len());
        for same_key in by_key {
            let first = same_key[0];
            let tx = begin(&self.letters.db).await.map_err(|error| interrupted(first, of_database(error)))?;
            for id in same_key {
                let replayed = self.one(&tx, id, by).await.map_err(|failure| interrupted(id, failure))?;
                said.push((id, replayed));
            }
            tx.rollback().await.map_err(|error| interrupted(first, of_database(error)))?;
        }
        Ok(said)
    }

    /// Those of one key together, each group in the order asked for.
    async fn by_key(&self, ids: &[i64]) -> Result<Vec<Vec<i64>>, DbErr> {
        let mut groups: Vec<(Option<String>, Vec<i64>)> = Vec::new();
        for id in ids {
            let key: Option<Option<String>> = table::Entity::find_by_id(*id)
                .select_only()
                .column(table::Column::Key)
                .into_tuple()
                .one(&self.letters.db)
                .await?;
            let key = key.flatten();
            match groups.iter_mut().find(|(known, _)| known.is_some() && *known == key) {
                Some((_, group)) => group.push(*id),
                None => groups.push((key, vec![*id])),
            }
        }
        Ok(groups.into_iter().map(|(_, group)| group).collect())
    }

    async fn alone(&self, id: i64, by: &str) -> Result<Replayed, Failure> {
        let tx = begin(&self.letters.db).await.map_err(of_database)?;
        let replayed = self.one(&tx, id, by).await?;
        tx.commit().await.map_err(of_database)?;
        Ok(replayed)
    }

    async fn one(&self, tx: &DatabaseTransaction, id: i64, by: &str) -> Result<Replayed, Failure> {
        let Some(row) = self.letters.lock(tx, id).await.map_err(of_database)? else {
            return Ok(Replayed::Missing);
        };
        match LetterState::read(&row.state).map_err(of_database)? {
            LetterState::Open => {}
            settled => return Ok(Replayed::Settled(settled)),
        }
        let replayed = match self.older(tx, &row).await.map_err(of_database)? {
            Some(older) => Replayed::HeldBack { older },
            None => self.attempt(tx, &row).await?,
        };
        if replayed.is_done() {
            self.letters.settle(tx, id, LetterState::Replayed).await.map_err(of_database)?;
        }
        self.letters.note(tx, id, by, "replay", replayed.to_string()).await.map_err(of_database)?;
        Ok(replayed)
    }

    /// The oldest open letter of the same key that is older.
    async fn older(&self, tx: &DatabaseTransaction, row: &table::Model) -> Result<Option<i64>, DbErr> {
        let Some(key) = &row.key else { return Ok(None) };
        table::Entity::find()
            .select_only()
            .column(table::Column::Id)
            .filter(table::Column::ConsumerGroup.eq(&self.letters.group))
            .filter(table::Column::Key.eq(key))
            .filter(table::Column::State.eq(LetterState::Open.as_str()))
            .filter(table::Column::Id.lt(row.id))
            .order_by_asc(table::Column::Id)
            .into_tuple()
            .one(tx)
            .await
    }

    /// Behind a savepoint: what a failure did is undone, what is written down about it stays.
    async fn attempt(&self, tx: &DatabaseTransaction, row: &table::Model) -> Result<Replayed, Failure> {
        let message = Message::read(raw(row), self.own_source.as_str());
        let event = match &message.content {
            Content::Event(event) => event,
            Content::Own => return Ok(Replayed::Failed("it is an event of our own".to_owned())),
            Content::Unknown(kind) => {
                return Ok(Replayed::Failed(format!("`{kind}` is no event that its topic carries")));
            }
            Content::Broken { reason, .. } => return Ok(Replayed::Failed(reason.clone())),
        };
        let savepoint = tx.begin().await.map_err(of_database)?;
        match self.apply(&savepoint, row, event, &message.raw).await {
            Ok(replayed) => {
                savepoint.commit().await.map_err(of_database)?;
                Ok(replayed)
            }
            Err(Failure::Message(error)) => {
                savepoint.rollback().await.map_err(of_database)?;
                Ok(Replayed::Failed(short(&error)))
            }
            Err(other) => Err(other),
        }
    }

    async fn apply(
        &self,
        tx: &DatabaseTransaction,
        row: &table::Model,
        event: &Incoming,
        raw: &Raw,
    ) -> Result<Replayed, Failure> {
        let DeadLetters { group, clock, .. } = &self.letters;
        let new =
            inbox::enter(tx, group, event.event_id.uuid(), raw, clock.as_ref()).await.map_err(of_database)?;
        // The row of a letter's own burial is there and says nothing. One without a readable id was buried under
        // another: then the row is that of the same event, which came again and could be read.
        if !new && row.event_id.is_none() {
            return Ok(Replayed::Duplicate);
        }
        guarded(self.handler.as_ref(), tx, event, &span(event, group)).await?;
        // A handler that swallowed a statement's failure must not pass for one that succeeded.
        tx.execute_unprepared("SELECT 1").await.map_err(Failure::after_handlers)?;
        Ok(Replayed::Applied)
    }

    fn tell(&self, id: i64, by: &str, replayed: &Replayed) {
        if *replayed == Replayed::Applied {
            self.handler.committed();
        }
        tracing::info!(
            group = self.letters.group,
            dead_letter = id,
            by,
            outcome = %replayed,
            "dead letter replayed"
        );
    }
}

fn of_database(error: DbErr) -> Failure {
    Failure::not_of_a_message(error)
}

fn raw(row: &table::Model) -> Raw {
    Raw {
        topic: row.topic.clone(),
        partition: row.partition,
        offset: row.offset,
        key: row.key.clone(),
        payload: row.payload.clone(),
        headers: Headers::from_json(&row.headers),
    }
}
