//! The order of a run's steps, and what all of them use.

use std::collections::{BTreeSet, HashMap, HashSet};

use kernel::PaymentId;
use messaging::database::{DatabaseCause, is_infrastructure};
use time::OffsetDateTime;
use tokio_util::sync::CancellationToken;

use super::{Done, Finding, JOB, Options, Progress, Report};
use crate::app::{App, UseCaseError};
use crate::domain::Payment;
use crate::store::reconcile_runs;

/// Why a run ends before its time.
#[derive(Debug)]
pub(super) enum Halt {
    /// The process is told to end.
    Stopped,
    /// Stripe is away.
    Stripe(String),
    /// The database is away.
    Database(UseCaseError),
}

impl Halt {
    fn reason(self) -> String {
        match self {
            Self::Stopped => "it was told to end".to_owned(),
            Self::Stripe(error) => format!("Stripe: {error}"),
            Self::Database(error) => format!("the database: {:#}", anyhow::Error::new(error)),
        }
    }
}

/// A run under way.
pub(super) struct Run<'a> {
    pub(super) app: &'a App,
    pub(super) options: Options,
    pub(super) progress: &'a dyn Progress,
    pub(super) stop: &'a CancellationToken,
    pub(super) report: Report,
    /// Payments that events of this time are about.
    pub(super) touched: BTreeSet<PaymentId>,
    /// How they stood before their events were replayed.
    pub(super) before: HashMap<PaymentId, Payment>,
    /// Payments that are in the report.
    pub(super) examined: HashSet<PaymentId>,
    /// Calls in a row that Stripe did not answer.
    pub(super) unanswered: u32,
}

impl<'a> Run<'a> {
    pub(super) fn new(
        app: &'a App,
        options: Options,
        progress: &'a dyn Progress,
        stop: &'a CancellationToken,
    ) -> Self {
        Self {
            report: Report::new(app.clock.now(), options.since, options.dry_run),
            app,
            options,
            progress,
            stop,
            touched: BTreeSet::new(),
            before: HashMap::new(),
            examined: HashSet::new(),
            unanswered: 0,
        }
    }

    /// All steps. What was done is in the report, however far it got.
    pub(super) async fn go(mut self) -> Report {
        let ended = match self.options.since {
            Some(since) => self.after_restore(since).await,
            None => self.catch_up().await,
        };
        let cut_short = ended.err().map(Halt::reason);
        if let Some(reason) = &cut_short {
            tracing::warn!(reason, "reconciling ended before its time");
        }
        self.report.finish(self.app.clock.now(), cut_short);
        self.report
    }

    /// What was missed while everything else went on.
    async fn catch_up(&mut self) -> Result<(), Halt> {
        self.replay_events(self.undelivered_since().await?, true).await?;
        self.ask_about_touched().await?;
        self.ask_about_open().await?;
        self.resolve_unknown().await?;
        self.count_quarantined().await
    }

    /// As far back as Stripe lists events; the job only once a day, if it ends well. Until the day is over its next
    /// runs look for what that one may have missed, as Stripe was still delivering it.
    async fn undelivered_since(&self) -> Result<OffsetDateTime, Halt> {
        let all = self.started() - super::EVENTS_KEPT;
        if self.options.origin != JOB {
            return Ok(all);
        }
        let last = reconcile_runs::last_reconciled(&self.app.db).await;
        let last = last.map_err(|error| Halt::Database(error.into()))?;
        let today = last.filter(|last| last.date() == self.started().date());
        Ok(today.map_or(all, |last| last - super::DELIVERED_WITHIN))
    }

    /// What a restored database has forgotten. The payments come first: once each has been told as it stands in the
    /// end, its events, which tell how it got there, change nothing that anybody has seen.
    async fn after_restore(&mut self, since: OffsetDateTime) -> Result<(), Halt> {
        // What had not been delivered when the backup was made came after it.
        let wanted = since - super::DELIVERED_WITHIN;
        let oldest = (self.started() - super::EVENTS_KEPT).max(wanted);
        self.gather_touched(oldest, since).await?;
        self.walk_sessions(since).await?;
        self.ask_about_touched().await?;
        self.ask_about_open().await?;
        self.replay_events(oldest, false).await?;
        self.resolve_unknown().await?;
        self.count_quarantined().await?;
        if oldest > wanted {
            self.report.find(Finding {
                what: "time without events",
                done: Done::Remains,
                payment_id: None,
                order_id: None,
                object: None,
                detail: format!(
                    "Stripe lists events for 30 days: refunds and ends between {wanted} and {oldest} of payments that \
                     were not open any more have to be compared by hand"
                ),
            });
        }
        Ok(())
    }

    pub(super) const fn started(&self) -> OffsetDateTime {
        self.report.started_at
    }

    /// Higher than every number a snapshot has had: numbers grow by one a change, from 1 or from an earlier floor,
    /// and no payment changes every second of its life.
    pub(super) fn floor(&self) -> Option<i64> {
        self.options.since.map(|_| self.started().unix_timestamp())
    }

    pub(super) fn go_on(&self) -> Result<(), Halt> {
        if self.stop.is_cancelled() { Err(Halt::Stopped) } else { Ok(()) }
    }

    /// What a step has done about a difference, unless it is a rehearsal.
    pub(super) const fn corrected(&self) -> Done {
        if self.options.dry_run { Done::WouldBeCorrected } else { Done::Corrected }
    }

    /// An error of ours about one object: the run goes on, unless the database is away.
    pub(super) fn survive(&mut self, error: UseCaseError, finding: Finding) -> Result<(), Halt> {
        if error.database_cause().is_some_and(is_infrastructure) {
            return Err(Halt::Database(error));
        }
        let error = anyhow::Error::new(error);
        self.app.metrics.alarm("row_failed");
        tracing::error!(
            what = finding.what,
            error = format!("{error:#}"),
            "one of many could not be reconciled"
        );
        self.report.find(Finding { detail: format!("{}: {error:#}", finding.detail), ..finding });
        Ok(())
    }
}

/// A finding about a payment that remains.
pub(super) fn remains(what: &'static str, payment_id: PaymentId, detail: impl Into<String>) -> Finding {
    Finding {
        what,
        done: Done::Remains,
        payment_id: Some(payment_id),
        order_id: None,
        object: None,
        detail: detail.into(),
    }
}
