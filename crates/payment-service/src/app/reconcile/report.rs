//! What a run found, what it did about it, and what remains.

use kernel::PaymentId;
use serde::Serialize;
use time::OffsetDateTime;
use uuid::Uuid;

use super::Books;
use crate::app::UseCaseError;
use crate::store::reconcile_runs;

/// The most findings that are listed; all are counted.
const LISTED: usize = 1_000;

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Outcome {
    /// Stripe and we agree on everything that was looked at.
    Reconciled,
    /// Something could not be settled, or a rehearsal found something to settle.
    Remaining,
    /// It ended before everything was looked at: Stripe or the database is away, or the process was told to end.
    CutShort,
}

impl Outcome {
    /// The word of the metrics and of the table.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Reconciled => "reconciled",
            Self::Remaining => "remaining",
            Self::CutShort => "cut_short",
        }
    }
}

/// What became of a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Done {
    /// It is settled.
    Corrected,
    /// A run that is no rehearsal would settle it.
    WouldBeCorrected,
    /// Somebody has to look.
    Remains,
}

/// One difference. No name, no address: ids and amounts.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Finding {
    /// What differs.
    pub(crate) what: &'static str,
    /// What became of it.
    pub(crate) done: Done,
    /// Whose.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) payment_id: Option<PaymentId>,
    /// Of which purchase.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) order_id: Option<String>,
    /// Stripe's id of the object concerned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) object: Option<String>,
    /// More about it.
    pub(crate) detail: String,
}

/// Events.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Events {
    /// Stripe lists them.
    pub(crate) listed: u64,
    /// They had come.
    pub(crate) known: u64,
    /// They had not, and went through the webhook's own function, or would.
    pub(crate) replayed: u64,
    /// They are no events, or could not be stored.
    pub(crate) failed: u64,
}

/// Payments.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Payments {
    /// Stripe was asked about them.
    pub(crate) asked: u64,
    /// Stripe knew more than we.
    pub(crate) differed: u64,
    /// They had been lost and are there again, or would be.
    pub(crate) rebuilt: u64,
    /// They could not be read, here or there.
    pub(crate) unreadable: u64,
}

/// Calls to Stripe.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Requests {
    /// Their outcome was not known and is.
    pub(crate) resolved: u64,
    /// Their outcome is not known.
    pub(crate) pending: u64,
}

/// What a run found, what it did about it, and what remains.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Report {
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) started_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) finished_at: OffsetDateTime,
    /// When the backup was made that was put back.
    #[serde(with = "time::serde::rfc3339::option")]
    pub(crate) since: Option<OffsetDateTime>,
    /// Nothing was changed.
    pub(crate) dry_run: bool,
    pub(crate) outcome: Outcome,
    /// Why it did not get to its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cut_short: Option<String>,
    pub(crate) events: Events,
    pub(crate) payments: Payments,
    pub(crate) requests: Requests,
    /// Of the payments that were looked at, in minor units.
    pub(crate) money: Books,
    /// How many events are in quarantine since before the run. They are no findings of it.
    pub(crate) quarantined: u64,
    /// How many findings remain.
    pub(crate) remaining: u64,
    /// How many there are; the first thousand are listed.
    pub(crate) found: u64,
    pub(crate) findings: Vec<Finding>,
    /// The last open payment that was asked for, if there may be more.
    #[serde(skip)]
    pub(crate) next_open: Option<Uuid>,
}

impl Report {
    pub(super) fn new(started_at: OffsetDateTime, since: Option<OffsetDateTime>, dry_run: bool) -> Self {
        Self {
            started_at,
            finished_at: started_at,
            since,
            dry_run,
            outcome: Outcome::Reconciled,
            cut_short: None,
            events: Events::default(),
            payments: Payments::default(),
            requests: Requests::default(),
            money: Books::default(),
            remaining: 0,
            quarantined: 0,
            found: 0,
            findings: Vec::new(),
            next_open: None,
        }
    }

    pub(super) fn find(&mut self, finding: Finding) {
        self.found += 1;
        if finding.done != Done::Corrected {
            self.remaining += 1;
        }
        if self.findings.len() < LISTED {
            self.findings.push(finding);
        }
    }

    pub(super) fn finish(&mut self, at: OffsetDateTime, cut_short: Option<String>) {
        self.finished_at = at;
        self.outcome = match &cut_short {
            Some(_) => Outcome::CutShort,
            None if self.remaining > 0 => Outcome::Remaining,
            None => Outcome::Reconciled,
        };
        self.cut_short = cut_short;
    }

    /// As it is kept.
    pub(super) fn row(&self, origin: &'static str) -> Result<reconcile_runs::Run, UseCaseError> {
        Ok(reconcile_runs::Run {
            origin,
            since: self.since,
            started_at: self.started_at,
            finished_at: self.finished_at,
            outcome: self.outcome.as_str(),
            report: serde_json::to_value(self).map_err(anyhow::Error::new)?,
        })
    }
}
