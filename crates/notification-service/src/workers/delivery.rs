//! Sends what is due, again and again, until it is told to end.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::app::Delivery;

/// Sends until `shutdown`: at once when `wake` says that something was noted, and every `interval` for what is
/// tried again or was left behind. A batch that was begun is brought to its end, which the deadline of a mail
/// bounds.
pub(crate) async fn deliver_until(
    delivery: Delivery,
    wake: Arc<Notify>,
    interval: Duration,
    shutdown: CancellationToken,
) {
    while !shutdown.is_cancelled() {
        match delivery.send_due().await {
            Ok(0) => {
                if let Err(error) = delivery.measure().await {
                    tracing::warn!(error = %format!("{error:#}"), "The backlog cannot be counted");
                }
            }
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
