//! Calls to Stripe whose outcome nobody knows: sent again, byte for byte, while Stripe remembers their key; after
//! that, or when it has stored a failure for the key, what they should have made is looked for.

use time::Duration;

use super::apply_facts::Source;
use super::{App, UseCaseError, attempt, send_refund};
use crate::store::stripe_requests::{self, Operation, StoredRequest};

/// Stripe keeps keys for 24 hours at least; within this time the same bytes have one effect.
const RESENT_WITHIN: Duration = Duration::hours(23);
/// How many are looked at in one go.
const BATCH: u64 = 20;

/// Works on all calls that are due. Whether there may be more.
///
/// # Errors
/// The database's.
pub(crate) async fn resolve_unknown(app: &App) -> Result<bool, UseCaseError> {
    let due = stripe_requests::due(&app.db, app.clock.now(), BATCH).await?;
    for request in &due {
        // Longer than a call may take, so that nobody else begins meanwhile.
        let pause = app.call_lease().max(app.backoff(request.tries));
        if !stripe_requests::claim(&app.db, request, app.clock.now() + pause).await? {
            continue;
        }
        let resolved = match request.operation {
            Operation::CreateSession => session(app, request).await,
            Operation::Refund => send_refund::resolve(app, request, is_old(app, request)).await,
        };
        match resolved {
            Ok(()) => {}
            Err(UseCaseError::Other(error)) => return Err(UseCaseError::Other(error)),
            Err(error) => {
                tracing::warn!(payment_id = %request.payment_id, tries = request.tries + 1, %error, "a call to Stripe is still open");
            }
        }
    }
    Ok(due.len() as u64 == BATCH)
}

fn is_old(app: &App, request: &StoredRequest) -> bool {
    app.clock.now() - request.created_at > RESENT_WITHIN
}

async fn session(app: &App, request: &StoredRequest) -> Result<(), UseCaseError> {
    let sent = if is_old(app, request) {
        attempt::look(app, request).await
    } else {
        attempt::send(app, request, Source::call("recovery")).await
    };
    sent.map(drop)
}
