//! Batches of rows that workers go through: one that fails never keeps the others waiting.

use std::panic::AssertUnwindSafe;

use futures::FutureExt;

use super::{App, UseCaseError};

/// Does one row's work. Whether it came to an end; if not, an error of ours or a panic is logged and counted, and
/// the caller sees to it that the row is not the next one again.
pub(super) async fn worked_on(
    app: &App,
    (job, id): (&'static str, &str),
    work: impl Future<Output = Result<(), UseCaseError>>,
) -> bool {
    let reason = match AssertUnwindSafe(work).catch_unwind().await {
        Ok(Ok(())) => return true,
        Ok(Err(UseCaseError::Other(error))) => format!("{error:#}"),
        Ok(Err(error)) => {
            // Stripe's answer, or that there is none: it is tried again.
            tracing::warn!(job, row = id, %error, "not settled yet");
            return true;
        }
        // The panic hook has told of it.
        Err(_) => "it panicked".to_owned(),
    };
    app.metrics.alarm("row_failed");
    tracing::error!(job, row = id, error = reason, "a row could not be worked on and is left for later");
    false
}
