//! Giving a message up without losing it.

use sea_orm::ActiveValue::{NotSet, Set};
use sea_orm::{DatabaseConnection, DbErr, EntityTrait};
use uuid::Uuid;

use kernel::Clock;

use super::inbox;
use super::incoming::{Content, Message, Raw};
use super::letters::LetterState;
use crate::database::begin;
use crate::headers::{Headers, without_nul};
use crate::outbox::Row;
use crate::tables::dead_letters;
use crate::topics::dead_letter_topic;

/// Brokers and people both want it short.
const LONGEST_ERROR: usize = 1_000;

/// Why and after how many attempts.
pub(super) struct Verdict {
    pub(super) error: String,
    pub(super) attempts: u32,
}

impl Verdict {
    pub(super) fn new(error: &anyhow::Error, attempts: u32) -> Self {
        Self { error: short(error), attempts }
    }
}

/// An error as it is stored.
pub(super) fn short(error: &anyhow::Error) -> String {
    let text: String = format!("{error:#}").chars().take(LONGEST_ERROR).collect();
    without_nul(&text)
}

/// Writes, in one transaction, the inbox row, the dead letter and the outbox row that carries the original
/// message to `<group>.dlq`. Nothing is written if the message has been dealt with before.
pub(super) async fn bury(
    db: &DatabaseConnection,
    clock: &dyn Clock,
    group: &str,
    message: &Message,
    verdict: &Verdict,
) -> Result<(), DbErr> {
    let raw = &message.raw;
    let (id, event) = match &message.content {
        Content::Event(event) => (event.event_id.uuid(), Some(event)),
        Content::Broken { id, .. } => (*id, None),
        Content::Own | Content::Unknown(_) => return Ok(()),
    };
    let tx = begin(db).await?;
    if !inbox::enter(&tx, group, id, raw, clock).await? {
        return tx.rollback().await;
    }
    let letter = dead_letters::ActiveModel {
        id: NotSet,
        consumer_group: Set(group.to_owned()),
        event_id: Set(event.map(|event| event.event_id.uuid())),
        event_type: Set(event.map(|event| event.event_type.clone())),
        topic: Set(raw.topic.clone()),
        partition: Set(raw.partition),
        offset: Set(raw.offset),
        key: Set(raw.key.clone()),
        payload: Set(raw.payload.clone()),
        headers: Set(raw.headers.to_json()),
        error: Set(verdict.error.clone()),
        attempts: Set(i32::try_from(verdict.attempts).unwrap_or(i32::MAX)),
        created_at: Set(clock.now()),
        state: Set(LetterState::Open.as_str().to_owned()),
        settled_at: Set(None),
    };
    dead_letters::Entity::insert(letter).exec_without_returning(&tx).await?;
    publication(group, id, raw, verdict).insert(&tx, clock).await?;
    tx.commit().await
}

fn publication(group: &str, event_id: Uuid, raw: &Raw, verdict: &Verdict) -> Row {
    let mut headers = Headers::default();
    let original = raw.headers.iter();
    // A replayed dead letter carries those of its first life.
    for (name, value) in original.filter(|(name, _)| !name.starts_with("dlq-")) {
        headers.push(name, value);
    }
    headers.push("dlq-error", &verdict.error);
    headers.push("dlq-attempts", &verdict.attempts.to_string());
    headers.push("dlq-topic", &raw.topic);
    headers.push("dlq-partition", &raw.partition.to_string());
    headers.push("dlq-offset", &raw.offset.to_string());
    Row {
        event_id,
        topic: dead_letter_topic(group),
        key: raw.key.clone(),
        payload: raw.payload.clone(),
        headers,
    }
}
