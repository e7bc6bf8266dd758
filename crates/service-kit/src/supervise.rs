//! Keeps the parts of a service together: whichever ends first ends all, and none outstays the time it has.

use std::time::Duration;

use anyhow::anyhow;
use tokio::task::{JoinError, JoinSet};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

/// How much longer than the bound, which parts keep by themselves, they are waited for.
const MARGIN: Duration = Duration::from_secs(1);
/// What the last part has at least once the others are gone, however late that is.
const LAST_WORD: Duration = Duration::from_secs(2);

/// Parts that run until `stop`, and one that goes on until they are done.
#[derive(Debug)]
pub struct Parts {
    running: JoinSet<anyhow::Result<()>>,
    last: JoinSet<anyhow::Result<()>>,
    stop: CancellationToken,
    stop_last: CancellationToken,
    bound: Duration,
}

impl Parts {
    /// Parts that end with `shutdown`, within `bound` (`DRAIN_DELAY` and `SHUTDOWN_TIMEOUT`).
    #[must_use]
    pub fn new(shutdown: &CancellationToken, bound: Duration) -> Self {
        Self {
            running: JoinSet::new(),
            last: JoinSet::new(),
            // A part that fails ends the others, and only them.
            stop: shutdown.child_token(),
            stop_last: CancellationToken::new(),
            bound,
        }
    }

    /// What tells a part to end.
    #[must_use]
    pub fn stop(&self) -> CancellationToken {
        self.stop.clone()
    }

    /// What tells the last part to end.
    #[must_use]
    pub fn stop_last(&self) -> CancellationToken {
        self.stop_last.clone()
    }

    /// Starts a part, which has to run until [`Parts::stop`].
    pub fn start(&mut self, part: impl Future<Output = anyhow::Result<()>> + Send + 'static) {
        self.running.spawn(part);
    }

    /// Starts the part that needs to see what the others did to their end; it has to run until
    /// [`Parts::stop_last`].
    pub fn start_last(&mut self, part: impl Future<Output = anyhow::Result<()>> + Send + 'static) {
        self.last.spawn(part);
    }

    /// Waits until all have ended. What is overdue then is cut off, as by a crash: it is found in the database and
    /// gone on with at the next start.
    ///
    /// # Errors
    /// The first failure; a part that ends, or panics, without being told to is one. Being cut off is none.
    pub async fn ended(mut self) -> anyhow::Result<()> {
        let mut outcome = Ok(());
        let (overdue, last_overdue) = self.overdue();
        tokio::pin!(overdue, last_overdue);
        loop {
            tokio::select! {
                Some(ended) = self.running.join_next() => self.note(ended, &mut outcome),
                Some(ended) = self.last.join_next() => self.note(ended, &mut outcome),
                () = &mut overdue, if !self.running.is_empty() => {
                    cut_off(&mut self.running).await;
                    self.stop_last.cancel();
                }
                () = &mut last_overdue, if !self.last.is_empty() => cut_off(&mut self.last).await,
                else => return outcome,
            }
        }
    }

    /// When the time of the parts, and that of the last one, is over.
    fn overdue(&self) -> (impl Future<Output = ()> + use<>, impl Future<Output = ()> + use<>) {
        let (stop, stop_last, patience) = (self.stop.clone(), self.stop_last.clone(), self.bound + MARGIN);
        let told = stop.clone();
        let overdue = async move {
            told.cancelled().await;
            sleep_until(Instant::now() + patience).await;
        };
        let last_overdue = async move {
            stop.cancelled().await;
            let end = Instant::now() + patience;
            stop_last.cancelled().await;
            sleep_until(end.max(Instant::now() + LAST_WORD)).await;
        };
        (overdue, last_overdue)
    }

    fn note(&self, ended: Result<anyhow::Result<()>, JoinError>, outcome: &mut anyhow::Result<()>) {
        let told = self.stop.is_cancelled();
        self.stop.cancel();
        if self.running.is_empty() {
            self.stop_last.cancel();
        }
        let ended = ended.map_err(anyhow::Error::from).and_then(|result| result);
        let ended =
            if told { ended } else { ended.and(Err(anyhow!("a part of the service ended by itself"))) };
        if let Err(error) = ended {
            tracing::error!(error = format!("{error:#}"), "a part of the service failed");
            if outcome.is_ok() {
                *outcome = Err(error);
            }
        }
    }
}

async fn cut_off(parts: &mut JoinSet<anyhow::Result<()>>) {
    tracing::warn!(parts = parts.len(), "a part of the service did not end in time and is cut off");
    parts.shutdown().await;
}

#[cfg(test)]
mod tests {
    use std::future::pending;
    use std::sync::{Arc, Mutex};

    use super::*;

    type Log = Arc<Mutex<Vec<&'static str>>>;

    const BOUND: Duration = Duration::from_secs(10);

    /// A part that notes when it ends.
    fn noted(
        log: &Log,
        stop: CancellationToken,
        name: &'static str,
    ) -> impl Future<Output = anyhow::Result<()>> + use<> {
        let log = log.clone();
        async move {
            stop.cancelled().await;
            log.lock().unwrap().push(name);
            Ok(())
        }
    }

    /// Two parts and a last one.
    fn parts(shutdown: &CancellationToken, log: &Log) -> Parts {
        let mut parts = Parts::new(shutdown, BOUND);
        parts.start(noted(log, parts.stop(), "part"));
        parts.start(noted(log, parts.stop(), "part"));
        parts.start_last(noted(log, parts.stop_last(), "last"));
        parts
    }

    #[tokio::test]
    async fn all_end_when_told_to_and_the_last_one_last() {
        let (shutdown, log) = (CancellationToken::new(), Log::default());
        let parts = parts(&shutdown, &log);
        shutdown.cancel();
        parts.ended().await.unwrap();
        assert_eq!(*log.lock().unwrap(), ["part", "part", "last"]);
    }

    #[tokio::test]
    async fn one_that_fails_ends_all_with_its_error() {
        let (shutdown, log) = (CancellationToken::new(), Log::default());
        let mut parts = parts(&shutdown, &log);
        parts.start(async { anyhow::bail!("no broker") });
        assert_eq!(parts.ended().await.unwrap_err().to_string(), "no broker");
        assert_eq!(*log.lock().unwrap(), ["part", "part", "last"]);
        assert!(!shutdown.is_cancelled(), "the caller's token is the caller's");
    }

    #[tokio::test]
    async fn one_that_merely_ends_or_panics_is_a_failure_too_also_the_last_one() {
        let (shutdown, log) = (CancellationToken::new(), Log::default());
        let mut ends = parts(&shutdown, &log);
        ends.start(async { Ok(()) });
        assert!(ends.ended().await.is_err());

        let mut panics = parts(&shutdown, &log);
        panics.start(async { panic!("on purpose") });
        assert!(panics.ended().await.is_err());

        let mut last = parts(&shutdown, &log);
        last.start_last(async { Ok(()) });
        assert!(last.ended().await.is_err());
        assert_eq!(log.lock().unwrap().len(), 9, "all the others were told to end");
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_overdue_is_cut_off_and_the_last_one_still_has_its_say() {
        let (shutdown, log) = (CancellationToken::new(), Log::default());
        let mut parts = parts(&shutdown, &log);
        parts.start(pending());
        shutdown.cancel();
        let started = Instant::now();
        parts.ended().await.unwrap();
        assert_eq!(started.elapsed(), BOUND + MARGIN);
        assert_eq!(*log.lock().unwrap(), ["part", "part", "last"]);
    }

    #[tokio::test(start_paused = true)]
    async fn the_last_one_is_cut_off_too() {
        let (shutdown, log) = (CancellationToken::new(), Log::default());
        let mut parts = parts(&shutdown, &log);
        parts.start(pending());
        parts.start_last(pending());
        shutdown.cancel();
        let started = Instant::now();
        parts.ended().await.unwrap();
        assert_eq!(started.elapsed(), BOUND + MARGIN + LAST_WORD);
    }
}
