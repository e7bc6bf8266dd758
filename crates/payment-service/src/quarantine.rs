//! `payment-service quarantine …`: webhooks of Stripe's that speak of payments of ours and do not fit.
//!
//! They are shown on standard output alone: what they hold may be personal and is never logged.

use std::sync::Arc;

use anyhow::{anyhow, bail};
use clap::Subcommand;
use kernel::SystemClock;
use sea_orm::DatabaseConnection;
use serde_json::{Value, json};
use service_kit::command::text::{brief, plain, table, when};
use service_kit::command::{By, Job, print};
use service_kit::database::open_current;
use service_kit::env::{DatabaseConfig, Reader};

use crate::app::App;
use crate::app::quarantine::{self, Action, Replayed, Webhook};
use crate::config::CoreConfig;
use crate::events::GROUP;
use crate::startup;
use crate::store::Migrator;

/// What can be done with them.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Lists them, oldest first.
    List {
        /// As JSON, for programs.
        #[arg(long)]
        json: bool,
    },
    /// Shows one with its body and what was done to it.
    Show {
        /// `evt_…`
        id: String,
    },
    /// Applies them after all, as if they came now.
    Replay {
        /// `evt_…`
        #[arg(required = true)]
        ids: Vec<String>,
        #[command(flatten)]
        by: By,
    },
    /// Takes one out of quarantine without applying it.
    Dismiss {
        /// `evt_…`
        id: String,
        /// Why, for the record.
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        by: By,
    },
}

pub(crate) fn job(command: Command, read: &mut Reader<'_>) -> Job {
    match command {
        Command::List { json } => {
            let config = DatabaseConfig::read(read);
            Box::pin(async move { list(&open(&config).await?, json).await })
        }
        Command::Show { id } => {
            let config = DatabaseConfig::read(read);
            Box::pin(async move { show(&open(&config).await?, &id).await })
        }
        Command::Replay { ids, by } => {
            let (config, by) = (CoreConfig::read(read), by.name(read));
            Box::pin(async move {
                let app = startup::app(config, Arc::new(SystemClock)).await?;
                replay(&app, &ids, &by).await
            })
        }
        Command::Dismiss { id, reason, by } => {
            let (config, by) = (DatabaseConfig::read(read), by.name(read));
            Box::pin(async move { dismiss(&open(&config).await?, &id, &by, &reason).await })
        }
    }
}

async fn open(config: &DatabaseConfig) -> anyhow::Result<DatabaseConnection> {
    open_current::<Migrator>(config, GROUP).await
}

async fn list(db: &DatabaseConnection, as_json: bool) -> anyhow::Result<()> {
    let found = quarantine::list(db).await?;
    if as_json {
        let all: Vec<Value> = found.iter().map(summary).collect();
        return Ok(print(&format!("{:#}\n", Value::from(all)))?);
    }
    if found.is_empty() {
        return Ok(print("nothing is quarantined\n")?);
    }
    let rows: Vec<Vec<String>> = found
        .iter()
        .map(|one| {
            let reason = brief(one.reason.as_deref().unwrap_or("-"), 60);
            vec![one.id.clone(), when(one.received_at), one.kind.clone(), one.tries.to_string(), reason]
        })
        .collect();
    Ok(print(&table(&["ID", "RECEIVED", "TYPE", "TRIES", "REASON"], &rows))?)
}

fn summary(webhook: &Webhook) -> Value {
    json!({
        "id": webhook.id,
        "type": webhook.kind,
        "receivedAt": when(webhook.received_at),
        "livemode": webhook.livemode,
        "tries": webhook.tries,
        "reason": webhook.reason,
    })
}

async fn show(db: &DatabaseConnection, id: &str) -> anyhow::Result<()> {
    let (webhook, actions) =
        quarantine::show(db, id).await?.ok_or_else(|| anyhow!("there is no webhook {id}"))?;
    let mode = match webhook.livemode {
        Some(true) => "live",
        Some(false) => "test",
        None => "not told",
    };
    let mut text = format!(
        "webhook   {}\ntype      {}\nstate     {}\nmode      {mode}\nreceived  {}\ntries     {}\nreason    {}\n",
        webhook.id,
        plain(&webhook.kind),
        webhook.state,
        when(webhook.received_at),
        webhook.tries,
        plain(webhook.reason.as_deref().unwrap_or("-")),
    );
    text.push_str(&format!(
        "\nbody (may hold personal data)\n{}\n\nwhat was done\n",
        plain(&webhook.payload)
    ));
    if actions.is_empty() {
        text.push_str("  nothing yet\n");
    }
    for Action { at, actor, action, outcome } in &actions {
        text.push_str(&format!("  {} {action} by {}: {}\n", when(*at), plain(actor), plain(outcome)));
    }
    Ok(print(&text)?)
}

async fn replay(app: &App, ids: &[String], by: &str) -> anyhow::Result<()> {
    let mut left = 0;
    for id in ids {
        let replayed = quarantine::replay(app, id, by).await?;
        left += usize::from(!matches!(replayed, Replayed::Applied(_)));
        print(&format!("{id}: {}\n", plain(&replayed.to_string())))?;
    }
    match left {
        0 => Ok(()),
        left => bail!("{left} of {} not applied", ids.len()),
    }
}

async fn dismiss(db: &DatabaseConnection, id: &str, by: &str, reason: &str) -> anyhow::Result<()> {
    match quarantine::dismiss(db, &SystemClock, id, by, reason).await? {
        None => Ok(print(&format!("{id}: dismissed\n"))?),
        Some(refused) => bail!("{id}: {refused}"),
    }
}
