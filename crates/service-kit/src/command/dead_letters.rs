//! `SERVICE dead-letters …`: messages that were given up.
//!
//! Letters are shown on standard output alone: what they hold may be personal and is never logged.

use std::sync::Arc;

use anyhow::{anyhow, bail};
use clap::{Subcommand, ValueEnum};
use kernel::SystemClock;
use messaging::{
    DeadLetter, DeadLetters, Dismissal, Handler, LetterAction, LetterFilter, LetterState, Replay, Replayed,
    Source,
};
use sea_orm::DatabaseConnection;
use serde_json::{Value, json};

use super::operator::By;
use super::text::{brief, plain, table, when};
use super::{Job, Program, print};
use crate::database;
use crate::env::{DatabaseConfig, Reader};

/// What applies a service's messages.
pub struct Applier {
    /// The service's database.
    pub db: DatabaseConnection,
    /// What its consumer hands messages to.
    pub handler: Arc<dyn Handler>,
    /// Who it is on events.
    pub own_source: Source,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Lists letters, oldest first.
    List {
        /// Only those in this state.
        #[arg(long, value_enum, default_value = "open")]
        state: Stands,
        /// Only those of this topic.
        #[arg(long)]
        topic: Option<String>,
        /// Only those of this order (or booking, or product): the message's key.
        #[arg(long)]
        order: Option<String>,
        /// So many at most.
        #[arg(long, default_value_t = 1_000)]
        limit: u64,
        /// As JSON, for programs.
        #[arg(long)]
        json: bool,
    },
    /// Shows a letter with its headers, its payload and what was done to it.
    Show {
        /// Its number.
        id: i64,
    },
    /// Applies letters after all, by the service's own handler, the oldest of a key first.
    Replay {
        /// Their numbers.
        #[arg(conflicts_with = "all", required_unless_present_any = ["all", "order"])]
        ids: Vec<i64>,
        /// All open ones.
        #[arg(long)]
        all: bool,
        /// Only those of this order (or booking, or product).
        #[arg(long)]
        order: Option<String>,
        /// Says what would happen, and changes nothing.
        #[arg(long)]
        dry_run: bool,
        #[command(flatten)]
        by: By,
    },
    /// Closes a letter without applying it.
    Dismiss {
        /// Its number.
        id: i64,
        /// Why, for the record.
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        by: By,
    },
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Stands {
    Open,
    Replayed,
    Dismissed,
    All,
}

impl Stands {
    const fn state(self) -> Option<LetterState> {
        match self {
            Self::Open => Some(LetterState::Open),
            Self::Replayed => Some(LetterState::Replayed),
            Self::Dismissed => Some(LetterState::Dismissed),
            Self::All => None,
        }
    }
}

/// The letters to replay.
struct Wanted {
    ids: Vec<i64>,
    order: Option<String>,
}

pub(super) fn job<P: Program>(command: Command, read: &mut Reader<'_>) -> Job {
    match command {
        Command::Replay { ids, order, dry_run, by, .. } => {
            let (applier, by) = (P::applier(read), by.name(read));
            Box::pin(async move { replay::<P>(applier.await?, Wanted { ids, order }, &by, dry_run).await })
        }
        Command::List { state, topic, order, limit, json } => {
            let filter = LetterFilter { state: state.state(), topic, key: order, limit: Some(limit) };
            let config = DatabaseConfig::read(read);
            Box::pin(async move { list(&letters::<P>(&config).await?, &filter, json).await })
        }
        Command::Show { id } => {
            let config = DatabaseConfig::read(read);
            Box::pin(async move { show::<P>(&letters::<P>(&config).await?, id).await })
        }
        Command::Dismiss { id, reason, by } => {
            let (config, by) = (DatabaseConfig::read(read), by.name(read));
            Box::pin(async move { dismiss(&letters::<P>(&config).await?, id, &by, &reason).await })
        }
    }
}

async fn letters<P: Program>(config: &DatabaseConfig) -> anyhow::Result<DeadLetters> {
    let db = database::open_current::<P::Migrator>(config, P::NAME).await?;
    Ok(DeadLetters::new(db, P::NAME, Arc::new(SystemClock)))
}

async fn list(letters: &DeadLetters, filter: &LetterFilter, as_json: bool) -> anyhow::Result<()> {
    let found = letters.list(filter).await?;
    if as_json {
        let all: Vec<Value> = found.iter().map(summary).collect();
        return Ok(print(&format!("{:#}\n", Value::from(all)))?);
    }
    if found.is_empty() {
        return Ok(print("no dead letters\n")?);
    }
    let rows: Vec<Vec<String>> = found.iter().map(row).collect();
    Ok(print(&table(&["ID", "WHEN", "TOPIC", "KEY", "ATTEMPTS", "STATE", "ERROR"], &rows))?)
}

fn row(letter: &DeadLetter) -> Vec<String> {
    vec![
        letter.id.to_string(),
        when(letter.created_at),
        letter.topic.clone(),
        brief(letter.key.as_deref().unwrap_or("-"), 40),
        letter.attempts.to_string(),
        letter.state.to_string(),
        brief(&letter.error, 60),
    ]
}

/// Without headers and payload, so that a list can be passed on.
fn summary(letter: &DeadLetter) -> Value {
    json!({
        "id": letter.id,
        "state": letter.state.as_str(),
        "givenUpAt": when(letter.created_at),
        "settledAt": letter.settled_at.map(when),
        "topic": letter.topic,
        "partition": letter.partition,
        "offset": letter.offset,
        "key": letter.key,
        "eventId": letter.event_id.map(|id| id.to_string()),
        "attempts": letter.attempts,
        "error": letter.error,
    })
}

async fn show<P: Program>(letters: &DeadLetters, id: i64) -> anyhow::Result<()> {
    let (letter, actions) = letters.find(id).await?.ok_or_else(|| anyhow!("there is no dead letter {id}"))?;
    Ok(print(&whole(P::NAME, &letter, &actions))?)
}

fn whole(service: &str, letter: &DeadLetter, actions: &[LetterAction]) -> String {
    let event = letter.event_id.map_or_else(|| "no id that can be read".to_owned(), |id| id.to_string());
    let mut text = format!(
        "dead letter  {} of {service}\nstate        {}\nevent        {event}\nread from    {}/{} at offset {}\n\
         key          {}\ngiven up     {} after {} attempt(s)\nerror        {}\n",
        letter.id,
        letter.state,
        letter.topic,
        letter.partition,
        letter.offset,
        plain(letter.key.as_deref().unwrap_or("-")),
        when(letter.created_at),
        letter.attempts,
        plain(&letter.error),
    );
    text.push_str("\nheaders\n");
    for (name, value) in &letter.headers {
        text.push_str(&format!("  {}: {}\n", plain(name), plain(value)));
    }
    text.push_str("\npayload (may hold personal data)\n");
    text.push_str(&plain(&String::from_utf8_lossy(&letter.payload)));
    text.push_str("\n\nwhat was done\n");
    if actions.is_empty() {
        text.push_str("  nothing yet\n");
    }
    for action in actions {
        let LetterAction { at, actor, action, outcome } = action;
        text.push_str(&format!("  {} {action} by {}: {}\n", when(*at), plain(actor), plain(outcome)));
    }
    text
}

async fn replay<P: Program>(applier: Applier, wanted: Wanted, by: &str, dry_run: bool) -> anyhow::Result<()> {
    let letters = DeadLetters::new(applier.db, P::NAME, Arc::new(SystemClock));
    let ids = select(&letters, wanted).await?;
    if ids.is_empty() {
        return Ok(print("no dead letters\n")?);
    }
    let replay = Replay::new(letters, applier.handler, applier.own_source);
    let mut left = 0;
    let mut tell = |id: i64, replayed: &Replayed| {
        left += usize::from(!replayed.is_done());
        print(&format!("{id}: {}\n", plain(&replayed.to_string())))
    };
    if dry_run {
        print("dry run, nothing is changed:\n")?;
        for (id, replayed) in replay.rehearse(&ids, by).await? {
            tell(id, &replayed)?;
        }
    } else {
        for id in &ids {
            tell(*id, &replay.replay(*id, by).await?)?;
        }
    }
    match left {
        0 => Ok(()),
        left => bail!("{left} of {} not applied", ids.len()),
    }
}

/// Oldest first.
async fn select(letters: &DeadLetters, wanted: Wanted) -> anyhow::Result<Vec<i64>> {
    let Wanted { mut ids, order } = wanted;
    if ids.is_empty() || order.is_some() {
        let state = ids.is_empty().then_some(LetterState::Open);
        let filter = LetterFilter { state, key: order, ..LetterFilter::default() };
        let known: Vec<i64> = letters.list(&filter).await?.iter().map(|letter| letter.id).collect();
        if ids.is_empty() {
            return Ok(known);
        }
        ids.retain(|id| known.contains(id));
    }
    ids.sort_unstable();
    ids.dedup();
    Ok(ids)
}

async fn dismiss(letters: &DeadLetters, id: i64, by: &str, reason: &str) -> anyhow::Result<()> {
    match letters.dismiss(id, by, reason).await? {
        Dismissal::Dismissed => Ok(print(&format!("{id}: dismissed\n"))?),
        Dismissal::Settled(state) => bail!("{id} is {state} already"),
        Dismissal::Missing => bail!("there is no dead letter {id}"),
    }
}
