//! Sends what is due, again and again, until it is told to end.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use crate::app::Delivery;

/// How often it is looked for what may be forgotten.
const FORGET_EVERY: Duration = Duration::from_secs(3600);

/// Sends until `shutdown`: at once when `wake` says that something was noted, and every `interval` for what is
/// tried again or was left behind. A batch that was begun is brought to its end, which the deadline of a mail
/// bounds.
pub(crate) async fn deliver_until(
    delivery: Delivery,
    wake: Arc<Notify>,
    interval: Duration,
    shutdown: CancellationToken,
) {
    let mut forget_at = Instant::now();
    let mut measure_at = forget_at;
    while !shutdown.is_cancelled() {
        if forget_at <= Instant::now() {
            forget_at += forget(&delivery).await;
        }
        // Between two batches, too: behind a server that hangs there is always one more.
        if measure_at <= Instant::now() {
            if let Err(error) = delivery.measure().await {
                tracing::warn!(error = %format!("{error:#}"), "The backlog cannot be counted");
            }
            measure_at = Instant::now() + interval;
        }
        match delivery.send_due().await {
            Ok(0) => {}
            // There may be more.
            Ok(_) => continue,
            Err(error) => {
                tracing::error!(error = %format!("{error:#}"), "Mails cannot be claimed or recorded")
            }
        }
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = wake.notified() => {}
            () = sleep(interval) => {}
        }
    }
}

/// Forgets a batch of what is over. How long until the next.
async fn forget(delivery: &Delivery) -> Duration {
    match delivery.forget().await {
        Ok(true) => Duration::ZERO,
        Ok(false) => FORGET_EVERY,
        Err(error) => {
            tracing::warn!(error = %format!("{error:#}"), "What is over could not be forgotten");
            FORGET_EVERY
        }
    }
}
