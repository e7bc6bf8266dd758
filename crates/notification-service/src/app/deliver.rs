//! Delivers what is due: claim by lease, send outside any transaction, record how it went.
//!
//! A process that dies between the mail server's accept and the record leaves its lease to run out; the next
//! claim sends a second copy with the same Message-ID. That window is the only source of duplicates.

use std::sync::Arc;

use futures::future::join_all;
use kernel::{Clock, crash};
use messaging::database::{self, ANSWER, within};
use sea_orm::{DatabaseConnection, DbErr};
use tokio::time::{Instant, timeout};
use tracing::Instrument;

use super::{Mailer, SendError};
use crate::domain::{Attempt, Notification, Patience, Skipped, Verdict, without_addresses};
use crate::metrics::Metrics;
use crate::store::Claimed;
use crate::{store, trace};

/// The reason, and in the metrics the kind, of a mail whose row this release cannot read.
const UNREADABLE: &str = "unreadable";

/// How mails are sent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DeliverySettings {
    /// How many are claimed, and sent side by side, at once.
    pub(crate) batch: u64,
    /// How long a claim keeps others away; longer than `deadline`.
    pub(crate) lease: std::time::Duration,
    /// For one mail, connecting included.
    pub(crate) deadline: std::time::Duration,
    /// How long a mail is tried.
    pub(crate) patience: Patience,
}

/// The use case with all it needs.
pub(crate) struct Delivery {
    pub(crate) db: DatabaseConnection,
    pub(crate) mailer: Arc<dyn Mailer>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) settings: DeliverySettings,
    pub(crate) metrics: Metrics,
}

impl Delivery {
    /// Claims one batch of due mails and sends them; answers how many there were.
    ///
    /// # Errors
    /// Those of the database; what was claimed comes back when its lease has run out.
    pub(crate) async fn send_due(&self) -> Result<usize, DbErr> {
        let claimed_at = Instant::now();
        let Claimed { due, unreadable } = within(ANSWER, self.claim()).await?;
        for attempt in &unreadable {
            tracing::error!(notification_id = %attempt.id, "Mail not sent, its row cannot be read");
            within(ANSWER, self.not_sent(*attempt, UNREADABLE, UNREADABLE)).await?;
        }
        // While the lease lives, with the time a mail may take.
        let latest = claimed_at + self.settings.lease.saturating_sub(self.settings.deadline);
        for result in join_all(due.iter().map(|notification| self.deliver(notification, latest))).await {
            result?;
        }
        Ok(due.len() + unreadable.len())
    }

    async fn claim(&self) -> Result<Claimed, DbErr> {
        let tx = database::begin(&self.db).await?;
        let claimed = store::claim(&tx, self.clock.now(), self.settings.lease, self.settings.batch).await?;
        tx.commit().await?;
        Ok(claimed)
    }

    /// Tells the metrics what waits.
    ///
    /// # Errors
    /// Those of the database.
    pub(crate) async fn measure(&self) -> Result<(), DbErr> {
        let (pending, oldest) = within(ANSWER, store::backlog(&self.db)).await?;
        self.metrics.waiting(pending, oldest, self.clock.now());
        Ok(())
    }

    async fn deliver(&self, notification: &Notification, latest: Instant) -> Result<(), DbErr> {
        self.attempt(notification, latest).instrument(trace::sending(notification)).await
    }

    /// Three steps, each with a bound of its own: no mail holds up the others of its batch for longer than these.
    async fn attempt(&self, notification: &Notification, latest: Instant) -> Result<(), DbErr> {
        let letter = &notification.letter;
        let settlement = within(ANSWER, store::settlement(&self.db, letter.purchase_id())).await?;
        if settlement.is_some_and(|paid| paid.outdates(letter.kind(), notification.attempt.sequence)) {
            tracing::info!("Mail skipped, the purchase is paid");
            return within(ANSWER, store::skip(&self.db, notification.attempt, Skipped::PaidMeanwhile)).await;
        }
        if Instant::now() > latest {
            tracing::warn!("Mail left to the next claim, the lease is about to run out");
            return Ok(());
        }
        crash::at("mail.claimed");
        match self.send(notification).await {
            Ok(()) => within(ANSWER, self.sent(notification)).await,
            Err(error) => {
                let reason = without_addresses(&error.to_string());
                within(ANSWER, self.not_sent(notification.attempt, letter.kind().name(), &reason)).await
            }
        }
    }

    async fn send(&self, notification: &Notification) -> Result<(), SendError> {
        match timeout(self.settings.deadline, self.mailer.send(notification, self.clock.now())).await {
            Ok(answer) => answer,
            Err(elapsed) => Err(SendError::NotAccepted(elapsed.into())),
        }
    }

    async fn sent(&self, notification: &Notification) -> Result<(), DbErr> {
        crash::at("mail.accepted");
        store::mark_sent(&self.db, notification.attempt.id, self.clock.now()).await?;
        crash::at("mail.noted");
        self.metrics.sent(notification.letter.kind());
        tracing::info!(attempts = notification.attempt.number, "Mail sent");
        Ok(())
    }

    async fn not_sent(&self, attempt: Attempt, kind: &'static str, reason: &str) -> Result<(), DbErr> {
        let Attempt { id, number, first_tried_at, .. } = attempt;
        let [jitter] = kernel::random::bytes();
        match self.settings.patience.judge(first_tried_at, number, self.clock.now(), jitter) {
            Verdict::TryAgain(at) => {
                self.metrics.refused(kind);
                tracing::warn!(
                    notification_id = %id,
                    attempts = number,
                    next_try_at = %at,
                    error = reason,
                    "Mail not sent, to be tried again"
                );
                store::try_again(&self.db, attempt, at, reason).await
            }
            Verdict::GiveUp => {
                self.metrics.given_up(kind);
                tracing::error!(notification_id = %id, attempts = number, error = reason, "Mail given up");
                store::give_up(&self.db, attempt, reason).await
            }
        }
    }
}
