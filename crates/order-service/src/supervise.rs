//! Keeps the parts of the service together: whichever ends first ends all.

use anyhow::anyhow;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Parts that run until `stop`, and one that goes on until they are done.
pub(crate) struct Parts {
    running: JoinSet<anyhow::Result<()>>,
    last: JoinSet<anyhow::Result<()>>,
    stop: CancellationToken,
    stop_last: CancellationToken,
}

impl Parts {
    /// Parts that end with `shutdown`.
    pub(crate) fn new(shutdown: &CancellationToken) -> Self {
        Self {
            running: JoinSet::new(),
            last: JoinSet::new(),
            // A part that fails ends the others, and only them.
            stop: shutdown.child_token(),
            stop_last: CancellationToken::new(),
        }
    }

    /// What tells a part to end.
    pub(crate) fn stop(&self) -> CancellationToken {
        self.stop.clone()
    }

    /// What tells the last part to end.
    pub(crate) fn stop_last(&self) -> CancellationToken {
        self.stop_last.clone()
    }

    /// Starts a part, which has to run until [`Parts::stop`].
    pub(crate) fn start(&mut self, part: impl Future<Output = anyhow::Result<()>> + Send + 'static) {
        self.running.spawn(part);
    }

    /// Starts the part that needs to see what the others did to their end; it has to run until
    /// [`Parts::stop_last`].
    pub(crate) fn start_last(&mut self, part: impl Future<Output = anyhow::Result<()>> + Send + 'static) {
        self.last.spawn(part);
    }

    /// Waits until all have ended.
    ///
    /// # Errors
    /// The first failure; a part that ends, or panics, without being told to is one.
    pub(crate) async fn ended(mut self) -> anyhow::Result<()> {
        let mut outcome = Ok(());
        loop {
            let ended = tokio::select! {
                Some(ended) = self.running.join_next() => ended,
                Some(ended) = self.last.join_next() => ended,
                else => return outcome,
            };
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
                outcome = outcome.and(Err(error));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    type Log = Arc<Mutex<Vec<&'static str>>>;

    /// Two parts and a last one that note when they end.
    fn parts(shutdown: &CancellationToken, log: &Log) -> Parts {
        let mut parts = Parts::new(shutdown);
        let noted = |stop: CancellationToken, name| {
            let log = log.clone();
            async move {
                stop.cancelled().await;
                log.lock().unwrap().push(name);
                Ok(())
            }
        };
        parts.start(noted(parts.stop(), "part"));
        parts.start(noted(parts.stop(), "part"));
        parts.start_last(noted(parts.stop_last(), "last"));
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
}
