//! A process in the hands of somebody who wants it to suffer: nothing here waits until it is well again.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::{STOP, Service};
use crate::http_client;

impl Service {
    /// Starts it again as [`restart`](Self::restart) does, without waiting until it is ready.
    pub fn launch(&mut self) {
        self.kill();
        let _ = std::fs::remove_file(self.port_file());
        self.child = self.about.spawn(self.folder.path(), self.port);
    }

    /// Whether it has ended, by whatever cause.
    ///
    /// # Panics
    /// When the system does not know it.
    pub fn has_ended(&mut self) -> bool {
        !self.is_running()
    }

    /// Asks it to end (SIGTERM). Whether it did within its bound.
    pub async fn end(&mut self) -> bool {
        if self.is_running() {
            self.ask_to_end();
        }
        let until = Instant::now() + STOP;
        while self.is_running() {
            if Instant::now() > until {
                return false;
            }
            sleep(Duration::from_millis(20)).await;
        }
        true
    }

    /// Takes a variable away; the next start is without it.
    pub fn unset(&mut self, name: &str) {
        self.about.environment.retain(|(known, _)| known != name);
    }

    /// Whether it says that it is ready, else what it says.
    ///
    /// # Errors
    /// Its answer, or why there is none.
    pub async fn ask_ready(&self) -> Result<(), String> {
        let answer = http_client().get(self.url(&self.about.ready)).send().await;
        let answer = answer.map_err(|error| error.to_string())?;
        if answer.status().is_success() { Ok(()) } else { Err(answer.text().await.unwrap_or_default()) }
    }
}
