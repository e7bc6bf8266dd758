//! Quarantined webhooks: looked at, applied after all by the function that applies any webhook, or dismissed. What
//! is done to one is written down beside it.

use std::fmt;

use kernel::Clock;
use messaging::database::{DatabaseCause, begin, is_infrastructure, snapshot, transact};
use sea_orm::{DatabaseConnection, DatabaseTransaction, DbErr, TransactionTrait};

use super::announce::News;
use super::process_event::{Asked, Processed, process};
use super::{App, UseCaseError};
use crate::domain::Refund;
pub(crate) use crate::store::quarantine::{Action, Webhook};
use crate::store::quarantine::{all, find, history, lock, note};
use crate::store::stripe_events::{self, State};

/// What became of one that was to be replayed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Replayed {
    /// It took effect, or there was nothing for it to do.
    Applied(State),
    /// It stays quarantined.
    Failed(String),
    /// It is not in quarantine, but in this state.
    Elsewhere(String),
    /// There is none of this id.
    Missing,
}

impl fmt::Display for Replayed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Applied(state) => f.write_str(state.as_str()),
            Self::Failed(reason) => write!(f, "failed, stays quarantined: {reason}"),
            Self::Elsewhere(state) => write!(f, "nothing to do: it is {state}"),
            Self::Missing => f.write_str("there is no such webhook"),
        }
    }
}

/// All that are quarantined, oldest first.
///
/// # Errors
/// The database's.
pub(crate) async fn list(db: &DatabaseConnection) -> Result<Vec<Webhook>, DbErr> {
    all(db).await
}

/// One webhook and what was done to it.
///
/// # Errors
/// The database's.
pub(crate) async fn show(db: &DatabaseConnection, id: &str) -> Result<Option<(Webhook, Vec<Action>)>, DbErr> {
    snapshot(db, async |tx: &DatabaseTransaction| match find(tx, id).await? {
        Some(webhook) => Ok(Some((webhook, history(tx, id).await?))),
        None => Ok::<_, DbErr>(None),
    })
    .await
}

/// Applies one by the function that applies any webhook.
///
/// # Errors
/// The database's; nothing has changed then.
pub(crate) async fn replay(app: &App, id: &str, by: &str) -> Result<Replayed, UseCaseError> {
    let mut refunds: Option<Vec<Refund>> = None;
    let replayed = loop {
        match attempt(app, id, by, refunds.as_deref()).await? {
            Tried::Ended(replayed) => break replayed,
            Tried::NeedsRefunds(intent_id) => match app.stripe.refunds(&intent_id).await {
                Ok(read) => refunds = Some(read),
                Err(error) => break Replayed::Failed(format!("its refunds could not be read: {error}")),
            },
        }
    };
    tracing::info!(stripe_event_id = id, by, outcome = %replayed, "quarantined webhook replayed");
    Ok(replayed)
}

enum Tried {
    Ended(Replayed),
    NeedsRefunds(String),
}

async fn attempt(app: &App, id: &str, by: &str, refunds: Option<&[Refund]>) -> Result<Tried, UseCaseError> {
    let now = app.clock.now();
    let tx = begin(&app.db).await?;
    let Some(webhook) = lock(&tx, id).await? else { return Ok(Tried::Ended(Replayed::Missing)) };
    if webhook.state != State::Quarantined.as_str() {
        return Ok(Tried::Ended(Replayed::Elsewhere(webhook.state)));
    }
    let mut news = News::default();
    let replayed = match app.stripe.read_event(&webhook.payload, webhook.received_at) {
        Err(_) => Replayed::Failed("it cannot be read".to_owned()),
        Ok(event) => {
            let savepoint = tx.begin().await?;
            let asked = Asked { refunds, session: true };
            let processed = process(app, &savepoint, &event, asked, &mut news).await;
            let replayed = match processed {
                Ok(Processed::NeedsRefunds { intent_id }) => {
                    tx_over(savepoint, tx).await?;
                    return Ok(Tried::NeedsRefunds(intent_id));
                }
                Ok(Processed::Settled(State::Quarantined, reason)) => {
                    Replayed::Failed(reason.unwrap_or_default().to_owned())
                }
                Ok(Processed::Settled(state, _)) => Replayed::Applied(state),
                Ok(Processed::Waits { reason, .. }) => Replayed::Failed(reason),
                // The surroundings are to blame: nothing is known about the webhook, so nothing is noted.
                Err(error) if error.database_cause().is_some_and(is_infrastructure) => return Err(error),
                Err(error) => Replayed::Failed(format!("{:#}", anyhow::Error::new(error))),
            };
            if matches!(replayed, Replayed::Applied(_)) {
                savepoint.commit().await?;
            } else {
                savepoint.rollback().await?;
                news = News::default();
            }
            replayed
        }
    };
    if let Replayed::Applied(state) = replayed {
        stripe_events::settle(&tx, id, state, None, now).await?;
    }
    note(&tx, id, by, ("replay", replayed.to_string()), now).await?;
    tx.commit().await?;
    news.tell(app);
    Ok(Tried::Ended(replayed))
}

async fn tx_over(savepoint: DatabaseTransaction, tx: DatabaseTransaction) -> Result<(), DbErr> {
    savepoint.rollback().await?;
    tx.rollback().await
}

/// Takes one out of quarantine without applying it. `Some` says why it did not.
///
/// # Errors
/// The database's.
pub(crate) async fn dismiss(
    db: &DatabaseConnection,
    clock: &dyn Clock,
    id: &str,
    by: &str,
    reason: &str,
) -> Result<Option<Replayed>, DbErr> {
    let now = clock.now();
    let refused = transact(db, async |tx: &DatabaseTransaction| {
        let Some(webhook) = lock(tx, id).await? else { return Ok::<_, DbErr>(Some(Replayed::Missing)) };
        if webhook.state != State::Quarantined.as_str() {
            return Ok(Some(Replayed::Elsewhere(webhook.state)));
        }
        stripe_events::settle(tx, id, State::Dismissed, webhook.reason.as_deref(), now).await?;
        note(tx, id, by, ("dismiss", format!("dismissed: {reason}")), now).await?;
        Ok(None)
    })
    .await?;
    if refused.is_none() {
        tracing::info!(stripe_event_id = id, by, reason, "quarantined webhook dismissed");
    }
    Ok(refused)
}
