//! `payment-service reconcile`: what the job does, at once and for somebody who looks on; and what is due after a
//! backup was put back.

mod page;
mod watch;

use std::sync::Arc;

use anyhow::{Context, bail};
use clap::Args;
use kernel::{Clock, SystemClock};
use messaging::Rewind;
use service_kit::command::{self, Job};
use service_kit::database::open_current;
use service_kit::env::{KafkaSettings, Reader};
use service_kit::shutdown;
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

use crate::app::reconcile::{Open, Options, Outcome, Report, reconcile};
use crate::config::CoreConfig;
use crate::events::{GROUP, TOPICS};
use crate::startup;
use crate::store::Migrator;
use crate::stripe::WebhookSecrets;

/// Brings the database in line with Stripe; ends with 0 if nothing remains.
#[derive(Debug, Clone, Args)]
pub struct Reconcile {
    /// After a backup was put back: when it was made (2026-11-26T14:00:00Z) or how long ago (90m, 26h). End the service
    /// first. Everything that happened since is read again, also what had been delivered.
    #[arg(long, value_name = "TIME|DURATION", value_parser = since)]
    since: Option<Since>,
    /// Changes nothing and says what would be done.
    #[arg(long)]
    dry_run: bool,
    /// Writes the whole report as JSON.
    #[arg(long)]
    json: bool,
}

/// A time, or how long ago it is.
#[derive(Debug, Clone, Copy)]
enum Since {
    At(OffsetDateTime),
    Ago(Duration),
}

fn since(text: &str) -> Result<Since, String> {
    if let Ok(at) = OffsetDateTime::parse(text, &Rfc3339) {
        return Ok(Since::At(at));
    }
    let ago = humantime::parse_duration(text).ok().and_then(|ago| Duration::try_from(ago).ok());
    ago.map(Since::Ago).ok_or_else(|| "write 2026-11-26T14:00:00Z, or 90m or 26h".to_owned())
}

impl Since {
    fn at(self, now: OffsetDateTime) -> Result<OffsetDateTime, String> {
        let at = match self {
            Self::At(at) => Some(at),
            Self::Ago(ago) => now.checked_sub(ago),
        };
        at.filter(|at| *at <= now).ok_or_else(|| "--since is not in the past".to_owned())
    }
}

/// The command, with what it needs of the environment.
pub(super) fn job(wanted: Reconcile, read: &mut Reader<'_>) -> Job {
    let core = CoreConfig::read(read);
    // Without --since nothing but Stripe and the database is needed.
    let kafka = wanted.since.is_some().then(|| KafkaSettings::read(read));
    Box::pin(run(wanted, core, kafka))
}

async fn run(wanted: Reconcile, core: CoreConfig, kafka: Option<KafkaSettings>) -> anyhow::Result<()> {
    let clock = Arc::new(SystemClock);
    let now = clock.now();
    let since = wanted.since.map(|since| since.at(now)).transpose().map_err(anyhow::Error::msg)?;
    let stop = shutdown::on_signal()?;
    let db = open_current::<Migrator>(&core.database, GROUP).await?;
    let rewind = kafka.map(|kafka| Rewind::new(db.clone(), kafka.client(GROUP), GROUP, TOPICS));
    if let Some(rewind) = &rewind {
        rewind.ensure_ended().await?;
    }
    // It takes no webhooks: what it replays has come by its own call to Stripe.
    let app = startup::assemble(core, db, WebhookSecrets::new(Vec::new()), clock)?;
    let open = Open { before: now, after: None, at_most: None };
    let options = Options { since, dry_run: wanted.dry_run, open, origin: "command" };
    let watch = watch::on_stderr();
    let report = reconcile(&app, options, watch.as_ref(), &stop).await;
    drop(watch);
    let report = report.context("the run cannot be noted")?;
    let rewound = match (since, &rewind) {
        (Some(since), Some(rewind)) if report.outcome != Outcome::CutShort => {
            Some(rewind.set_back(since, wanted.dry_run).await)
        }
        _ => None,
    };
    let text = if wanted.json { page::json(&report, &rewound)? } else { page::text(&report, &rewound) };
    command::print(&text)?;
    if let Some(Err(error)) = rewound {
        return Err(error).context("messages since the backup are not read again");
    }
    verdict(&report)
}

fn verdict(report: &Report) -> anyhow::Result<()> {
    match (&report.outcome, &report.cut_short) {
        (Outcome::Reconciled, _) => Ok(()),
        (Outcome::CutShort, reason) => {
            bail!("ended before its time: {}", reason.as_deref().unwrap_or_default())
        }
        (Outcome::Remaining, _) if report.dry_run => bail!("{} to be settled", report.remaining),
        (Outcome::Remaining, _) => bail!("{} not settled", report.remaining),
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn since_is_a_time_or_a_duration_in_the_past() {
        let now = datetime!(2026-11-26 14:00 UTC);
        let at = |text: &str| since(text).and_then(|since| since.at(now));
        assert_eq!(at("2026-11-26T13:00:00+01:00"), Ok(datetime!(2026-11-26 12:00 UTC)));
        assert_eq!(at("90m"), Ok(datetime!(2026-11-26 12:30 UTC)));
        assert_eq!(at("2d 2h"), Ok(datetime!(2026-11-24 12:00 UTC)));
        for wrong in ["", "yesterday", "-1h", "2026-11-26T15:00:00Z", "2026-11-26"] {
            assert!(at(wrong).is_err(), "{wrong}");
        }
    }
}
