//! Work that nobody asks for: orders whose time is up, and rows that are of no use any more.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::{JoinError, JoinSet};
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use crate::app::App;
use crate::app::expire::{claim, expire};
use crate::app::housekeeping::housekeeping;

/// How often old rows are looked for.
const HOUSEKEEPING: Duration = Duration::from_secs(600);
/// Orders taken care of at once.
const AT_ONCE: usize = 8;
/// How long orders in hand may go on after the signal to end.
const GRACE: Duration = Duration::from_secs(3);

/// Works until `shutdown`; orders in hand get a moment to finish.
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

/// Looks for due orders every `interval`, and whenever one is done. One that payment-service keeps waiting holds up no
/// other, and is claimed only when it is its turn, so that its claim does not run out meanwhile.
async fn expiring(app: &Arc<App>, interval: Duration, shutdown: &CancellationToken) {
    let mut running = JoinSet::new();
    while !shutdown.is_cancelled() {
        begin(app, &mut running).await;
        tokio::select! {
            Some(ended) = running.join_next() => report(ended),
            () = tokio::time::sleep(interval) => {}
            () = shutdown.cancelled() => {}
        }
    }
    let finish = async {
        while let Some(ended) = running.join_next().await {
            report(ended);
        }
    };
    // What is not done by then is dropped: its transaction is rolled back, its claim runs out by itself.
    if tokio::time::timeout(GRACE, finish).await.is_err() {
        tracing::warn!("orders are still being closed; ending without them");
    }
}

/// Claims as many orders as may run beside those that do.
async fn begin(app: &Arc<App>, running: &mut JoinSet<()>) {
    let free = AT_ONCE.saturating_sub(running.len());
    if free == 0 {
        return;
    }
    let claimed = match claim(app, u64::try_from(free).unwrap_or(u64::MAX)).await {
        Ok(claimed) => claimed,
        Err(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "due orders could not be claimed");
            return;
        }
    };
    for id in claimed {
        let app = app.clone();
        let span = tracing::info_span!("expire", order_id = %id, payment_id = tracing::field::Empty);
        let work = async move {
            if let Err(error) = expire(&app, id).await {
                tracing::warn!(error = &error as &dyn std::error::Error, "an order stays closing");
            }
        };
        running.spawn(work.instrument(span));
    }
}

fn report(ended: Result<(), JoinError>) {
    if let Err(error) = ended {
        tracing::error!(%error, "an order could not be taken care of");
    }
}
