//! Work that nobody asks for: orders whose time is up, and rows that are of no use any more.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use crate::app::App;
use crate::app::expire::{claim, expire};
use crate::app::housekeeping::housekeeping;

/// How often old rows are looked for.
const HOUSEKEEPING: Duration = Duration::from_secs(600);

/// Works until `shutdown`; an order in hand is finished first.
pub(crate) async fn run(app: Arc<App>, interval: Duration, shutdown: CancellationToken) {
    tokio::join!(expiring(&app, interval, &shutdown), cleaning(&app, &shutdown));
}

async fn cleaning(app: &App, shutdown: &CancellationToken) {
    while !shutdown.is_cancelled() {
        if let Err(error) = housekeeping(app).await {
            tracing::warn!(error = &error as &dyn std::error::Error, "old rows could not be deleted");
        }
        tokio::select! {
            () = tokio::time::sleep(HOUSEKEEPING) => {}
            () = shutdown.cancelled() => {}
        }
    }
}

/// Looks for due orders every `interval`.
async fn expiring(app: &App, interval: Duration, shutdown: &CancellationToken) {
    loop {
        let more = round(app, shutdown).await;
        if shutdown.is_cancelled() {
            return;
        }
        if more {
            continue;
        }
        tokio::select! {
            () = tokio::time::sleep(interval) => {}
            () = shutdown.cancelled() => return,
        }
    }
}

/// One claim. Whether there may be more at once.
async fn round(app: &App, shutdown: &CancellationToken) -> bool {
    let claimed = match claim(app).await {
        Ok(claimed) => claimed,
        Err(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "due orders could not be claimed");
            return false;
        }
    };
    for id in &claimed {
        if shutdown.is_cancelled() {
            // The claim runs out by itself.
            return false;
        }
        let span = tracing::info_span!("expire", order_id = %id);
        if let Err(error) = expire(app, *id).instrument(span).await {
            tracing::warn!(order_id = %id, error = &error as &dyn std::error::Error, "an order stays closing");
        }
    }
    !claimed.is_empty()
}
