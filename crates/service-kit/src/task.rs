//! Work that must not be cut off: a use case that calls Stripe runs as its own task, which the handler awaits.
//!
//! When the client hangs up, the handler is dropped and the task goes on. Shutdown waits for tasks, within a bound.
//! Tasks run on the service's main runtime: a thread that serves requests may end before they do.

use std::time::Duration;

use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;
use tracing::Instrument;

use crate::problem::Problem;

/// Runs detached work and knows what is still going on. Cloning shares it.
#[derive(Debug, Clone)]
pub struct Tasks {
    tracker: TaskTracker,
    runtime: Handle,
    ending: CancellationToken,
}

impl Tasks {
    /// Tasks on the current runtime. Make one per service, at start-up, outside of request handlers.
    ///
    /// # Panics
    /// Outside of a Tokio runtime.
    #[must_use]
    pub fn new() -> Self {
        Self { tracker: TaskTracker::new(), runtime: Handle::current(), ending: CancellationToken::new() }
    }

    /// Runs `work` to its end, whoever stops waiting for it. It keeps the caller's span.
    ///
    /// # Errors
    /// `internal` when the work panicked, or the runtime ended.
    pub async fn detached<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, Problem> {
        let work = work.instrument(tracing::Span::current());
        let task = self.tracker.spawn_on(work, &self.runtime);
        task.await.map_err(|error| {
            Problem::internal(anyhow::Error::new(error).context("a detached task did not end"))
        })
    }

    /// Counts as a task until it is dropped: for requests that are being served.
    pub(crate) fn token(&self) -> TaskTrackerToken {
        self.tracker.token()
    }

    /// From now on connections are not kept: whoever has one gets a new one elsewhere.
    pub(crate) fn announce_end(&self) {
        self.ending.cancel();
    }

    /// Whether the service is ending.
    pub(crate) fn is_ending(&self) -> bool {
        self.ending.is_cancelled()
    }

    /// Waits until nothing is going on, at most `bound`. Whether that was reached.
    pub async fn drain(&self, bound: Duration) -> bool {
        self.tracker.close();
        tokio::time::timeout(bound, self.tracker.wait()).await.is_ok()
    }
}

impl Default for Tasks {
    fn default() -> Self {
        Self::new()
    }
}
