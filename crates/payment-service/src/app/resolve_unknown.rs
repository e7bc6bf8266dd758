//! Calls to Stripe whose outcome nobody knows: sent again, byte for byte, while Stripe remembers their key; after
//! that, or when it has stored a failure for the key, what they should have made is looked for.

use std::time::Duration;

use messaging::database::{ANSWER, within};
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use super::apply_facts::Source;
use super::rows::worked_on;
use super::{App, UseCaseError, attempt, send_refund, trace};
use crate::store::stripe_requests::{self, Operation, StoredRequest, Unreadable};

/// How many are looked at in one go.
const BATCH: u64 = 20;
/// How long one that cannot be read is left alone.
const UNREADABLE_PAUSE: Duration = Duration::from_secs(300);

/// Works on all calls that are due, until `shutdown`. Whether there may be more.
///
/// # Errors
/// The database's, when nothing can be read at all.
pub(crate) async fn resolve_unknown(app: &App, shutdown: &CancellationToken) -> Result<bool, UseCaseError> {
    let due = within(ANSWER, stripe_requests::due(&app.db, app.clock.now(), BATCH)).await?;
    for request in &due {
        if shutdown.is_cancelled() {
            return Ok(false);
        }
        match request {
            Ok(request) => {
                let span = trace::continued(request.traceparent.as_deref());
                // A row that fails was claimed before, and waits like the others.
                worked_on(app, ("call to Stripe", &request.id), resolve(app, request)).instrument(span).await;
            }
            Err(unreadable) => leave(app, unreadable).await?,
        }
    }
    Ok(due.len() as u64 == BATCH)
}

async fn resolve(app: &App, request: &StoredRequest) -> Result<(), UseCaseError> {
    // Longer than a call may take, so that nobody else begins meanwhile.
    let pause = app.call_lease().max(app.backoff(request.tries));
    if !within(ANSWER, stripe_requests::claim(&app.db, request, app.clock.now() + pause)).await? {
        return Ok(());
    }
    match request.operation {
        Operation::CreateSession => attempt::send(app, request, Source::call("recovery")).await.map(drop),
        Operation::Refund => send_refund::resolve(app, request).await,
    }
}

async fn leave(app: &App, unreadable: &Unreadable) -> Result<(), UseCaseError> {
    app.metrics.alarm("row_failed");
    tracing::error!(row = unreadable.id, error = %unreadable.error, "a stored call to Stripe cannot be read");
    let until = app.clock.now() + UNREADABLE_PAUSE;
    Ok(within(ANSWER, stripe_requests::postpone(&app.db, &unreadable.id, until)).await?)
}
