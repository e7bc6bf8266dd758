//! Services that end at a crash point (`kernel::crash`).

use std::os::unix::process::ExitStatusExt as _;
use std::time::Duration;

use rustix::process::Signal;

use super::Service;

/// How long a crash point may take to be reached.
const REACHED: Duration = Duration::from_secs(60);
/// The variable that arms a crash point.
const CRASH_AT: &str = "CRASH_AT";

impl Service {
    /// Starts it armed, after ending it in order if it runs: it will end as by `kill -9` at a crash point (`NAME` or
    /// `NAME@TIMES`).
    ///
    /// # Panics
    /// When it does not end in order.
    pub async fn arm(&mut self, point: &str) {
        if self.is_running() {
            let status = self.terminate().await;
            assert!(status.success(), "{} ended with {status}", self.name());
        }
        self.configure(CRASH_AT, point);
        self.restart().await;
    }

    /// Waits until it has ended at the crash point it was armed with. The next start is without it.
    ///
    /// # Panics
    /// When it goes on, or ended otherwise.
    pub async fn crashed(&mut self) {
        let armed = self.about.environment.iter().find(|(name, _)| name == CRASH_AT);
        let armed = armed.map(|(_, point)| point.clone()).expect("a service that was armed");
        let status = self.wait(REACHED).await;
        let abort = Some(Signal::ABORT.as_raw());
        assert_eq!(status.signal(), abort, "{} ended with {status} instead of at {armed}", self.name());
        let point = armed.split_once('@').map_or(armed.as_str(), |(name, _)| name);
        let log = self.log();
        let (_, told) = log.rsplit_once("crash point ").expect("a process that says where it ends");
        assert!(told.starts_with(&format!("{point}: ")), "{} ended at {told}", self.name());
        self.about = self.about.clone().without(CRASH_AT);
    }
}
