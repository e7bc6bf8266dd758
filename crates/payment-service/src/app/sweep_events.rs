//! Webhooks that could not be applied when they came: tried again, with growing pauses, until they can be, or until
//! somebody has to look at them.

use kernel::{PaymentId, crash};
use messaging::database::{ANSWER, begin, within};
use sea_orm::TransactionTrait;
use time::{Duration, OffsetDateTime};
use tokio_util::sync::CancellationToken;

use super::announce::News;
use super::process_event::{Asked, Processed, UNKNOWN_PAYMENT, process};
use super::receive_webhook::report;
use super::rows::worked_on;
use super::{App, UseCaseError, refresh};
use crate::domain::{Refund, Status};
use crate::store::payments;
use crate::store::stripe_events::{self, State, Stored};

/// How long one is left alone of which not even the failure can be noted.
const LEFT_FOR: Duration = Duration::minutes(1);
/// How many are looked at in one go.
const BATCH: u64 = 50;
/// How often a payment that we never heard of is looked for: our own are stored before Stripe hears of them.
const UNKNOWN_TRIES: u32 = 6;
/// How often a success waits for its Session to tell the buyer's address: minutes, while Stripe is away. That there is
/// money counts for more.
const ADDRESS_TRIES: u32 = 8;
/// How long anything else is tried: as long as Stripe itself would send it again. Counted from the first try, as what
/// waited while nobody could try it has not been tried.
const TRIED_FOR: Duration = Duration::days(3);
/// How often at least: most of that time may have passed between two of the tries.
const LEAST_TRIES: u32 = 12;

/// Tries all that are due, until `shutdown`. Whether there may be more.
///
/// # Errors
/// The database's, when nothing can be read or postponed at all.
pub(crate) async fn sweep_events(app: &App, shutdown: &CancellationToken) -> Result<bool, UseCaseError> {
    let due = within(ANSWER, stripe_events::due(&app.db, app.clock.now(), BATCH)).await?;
    for id in &due {
        if shutdown.is_cancelled() {
            return Ok(false);
        }
        if !worked_on(app, ("webhook", id), sweep(app, id)).await {
            within(ANSWER, stripe_events::leave(&app.db, id, app.clock.now() + LEFT_FOR)).await?;
        }
    }
    Ok(due.len() as u64 == BATCH)
}

/// One more look at a webhook that may be pending.
///
/// # Errors
/// The database's, or the webhook's own row's.
pub(super) async fn sweep_event(app: &App, id: &str) -> Result<(), UseCaseError> {
    sweep(app, id).await
}

async fn sweep(app: &App, id: &str) -> Result<(), UseCaseError> {
    let mut tried = one_try(app, id, None).await?;
    let mut refunds = None;
    if let Some(Processed::NeedsRefunds { intent_id }) = &tried {
        match app.stripe.refunds(intent_id).await {
            Ok(read) => {
                tried = one_try(app, id, Some(&read)).await?;
                refunds = Some(read);
            }
            Err(error) => {
                tracing::warn!(stripe_event_id = id, %error, "the refunds of a charge could not be read")
            }
        }
    }
    if let Some(Processed::Waits { payment_id: Some(payment_id), .. }) = tried
        && ask_stripe(app, payment_id).await
    {
        one_try(app, id, refunds.as_deref()).await?;
    }
    Ok(())
}

/// What the event builds on may be something that Stripe can tell; the next try finds it. Whether Stripe could be asked.
async fn ask_stripe(app: &App, payment_id: PaymentId) -> bool {
    let asked = async {
        match payments::find(&app.db, payment_id).await? {
            Some(payment) if payment.status == Status::Created => refresh::send_again(app, &payment).await,
            Some(payment) => refresh::read(app, &payment).await,
            None => Ok(()),
        }
    };
    let asked = asked.await;
    if let Err(error) = &asked {
        tracing::warn!(%payment_id, %error, "Stripe could not tell what a webhook builds on");
    }
    asked.is_ok()
}

/// One try, bounded. On the heap: applying an event is a deep nest of futures.
async fn one_try(app: &App, id: &str, refunds: Option<&[Refund]>) -> Result<Option<Processed>, UseCaseError> {
    within(ANSWER, Box::pin(attempt(app, id, refunds))).await
}

/// One try in a transaction of its own. `None` if another process has it.
async fn attempt(app: &App, id: &str, refunds: Option<&[Refund]>) -> Result<Option<Processed>, UseCaseError> {
    let now = app.clock.now();
    let tx = begin(&app.db).await?;
    let Some(stored) = stripe_events::lock_pending(&tx, id).await? else {
        tx.rollback().await?;
        return Ok(None);
    };
    let Ok(event) = app.stripe.read_event(&stored.payload, stored.received_at) else {
        stripe_events::settle(&tx, id, State::Quarantined, Some("unreadable"), now).await?;
        tx.commit().await?;
        return Ok(None);
    };
    let mut news = News::default();
    let savepoint = tx.begin().await?;
    let asked = Asked { refunds, session: stored.tries >= ADDRESS_TRIES };
    let processed = match process(app, &savepoint, &event, asked, &mut news).await {
        Ok(processed) => {
            savepoint.commit().await?;
            processed
        }
        Err(error) => {
            savepoint.rollback().await?;
            news = News::default();
            Processed::Waits { reason: format!("{:#}", anyhow::Error::new(error)), payment_id: None }
        }
    };
    let processed = give_up_in_the_end(processed, &stored, now);
    match &processed {
        Processed::Settled(state, reason) => stripe_events::settle(&tx, id, *state, *reason, now).await?,
        Processed::Waits { reason, .. } => postpone(app, &tx, &stored, reason).await?,
        Processed::NeedsRefunds { .. } => postpone(app, &tx, &stored, "its refunds are not known").await?,
    }
    crash::at("sweep.before_commit");
    tx.commit().await?;
    news.tell(app);
    if matches!(processed, Processed::Settled(..)) {
        report(app, &event, &processed);
    }
    Ok(Some(processed))
}

async fn postpone(
    app: &App,
    tx: &sea_orm::DatabaseTransaction,
    stored: &Stored,
    reason: &str,
) -> Result<(), UseCaseError> {
    let now = app.clock.now();
    Ok(stripe_events::postpone(tx, stored, reason, (now, now + app.backoff(stored.tries))).await?)
}

fn give_up_in_the_end(processed: Processed, stored: &Stored, now: OffsetDateTime) -> Processed {
    let tried_since = stored.first_tried_at.unwrap_or(now);
    let tried_enough = now - tried_since > TRIED_FOR && stored.tries + 1 >= LEAST_TRIES;
    match processed {
        Processed::Waits { reason, payment_id: None }
            if reason == UNKNOWN_PAYMENT && stored.tries + 1 >= UNKNOWN_TRIES =>
        {
            Processed::Settled(State::Quarantined, Some(UNKNOWN_PAYMENT))
        }
        Processed::Waits { .. } | Processed::NeedsRefunds { .. } if tried_enough => {
            Processed::Settled(State::Quarantined, Some("tried for too long"))
        }
        other => other,
    }
}
