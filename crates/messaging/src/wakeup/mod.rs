//! Telling those who wait that there is something to do, across processes, after the commit.
//!
//! A wake-up may be lost (a process dies between commit and call, a connection breaks): whoever listens also
//! looks by himself from time to time. It is never delivered more than once per 20 ms and process, so that
//! a storm of commits is not a storm of notifications.

mod hub;
mod postgres;

use std::sync::Arc;

use sea_orm::{DatabaseConnection, DbBackend};

use hub::Hub;
pub use hub::Subscription;

/// Carries wake-ups beyond this process.
trait Announce: Send + Sync {
    /// Tells other processes, soon and without waiting.
    fn announce(&self, channel: &str);
}

/// For a database that only this process uses.
struct InProcess;

impl Announce for InProcess {
    fn announce(&self, _channel: &str) {}
}

/// Wakes whoever waits on a channel of this database: in this process at once, in others by `NOTIFY`.
#[derive(Clone)]
pub struct Wakeup {
    hub: Arc<Hub>,
    beyond: Arc<dyn Announce>,
}

impl Wakeup {
    /// The relay's channel.
    pub const OUTBOX: &'static str = "outbox";

    /// For the database `db` at `url`. On PostgreSQL two tasks work in the background, one of them on a
    /// connection of its own, until the last clone is dropped; has to be called inside a tokio runtime.
    #[must_use]
    pub fn new(db: &DatabaseConnection, url: &str) -> Self {
        match db.get_database_backend() {
            DbBackend::Postgres => {
                let hub = Arc::new(Hub::default());
                let beyond = Arc::new(postgres::Notifications::start(db.clone(), url, &hub));
                Self { hub, beyond }
            }
            _ => Self { hub: hub::shared(url), beyond: Arc::new(InProcess) },
        }
    }

    /// Wakes the relay. Call it after the commit, outside the transaction; it is cheap and never waits.
    pub fn notify(&self) {
        self.notify_on(Self::OUTBOX);
    }

    /// Wakes whoever waits on `channel`: a short name without `,` and `/`.
    pub fn notify_on(&self, channel: &str) {
        self.hub.wake(channel);
        self.beyond.announce(channel);
    }

    /// Waits on `channel` from now on.
    #[must_use]
    pub fn subscribe(&self, channel: &str) -> Subscription {
        self.hub.subscribe(channel)
    }
}

impl std::fmt::Debug for Wakeup {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Wakeup")
    }
}
