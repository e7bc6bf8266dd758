//! Wake-ups inside this process.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError, Weak};

use tokio::sync::watch;

/// The channels somebody waits on.
#[derive(Default)]
pub(super) struct Hub {
    channels: Mutex<HashMap<String, watch::Sender<()>>>,
}

impl Hub {
    pub(super) fn wake(&self, channel: &str) {
        if let Some(channel) = self.channels().get(channel) {
            channel.send_replace(());
        }
    }

    /// After a time in which notifications from elsewhere may have been missed.
    pub(super) fn wake_all(&self) {
        for channel in self.channels().values() {
            channel.send_replace(());
        }
    }

    pub(super) fn subscribe(self: &Arc<Self>, channel: &str) -> Subscription {
        let receiver =
            self.channels().entry(channel.to_owned()).or_insert_with(|| watch::Sender::new(())).subscribe();
        Subscription { receiver, _hub: Arc::clone(self) }
    }

    fn channels(&self) -> MutexGuard<'_, HashMap<String, watch::Sender<()>>> {
        self.channels.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Waits on a channel. Wake-ups that come while nobody looks are one.
pub struct Subscription {
    receiver: watch::Receiver<()>,
    /// Keeps the sending side alive.
    _hub: Arc<Hub>,
}

impl Subscription {
    /// Returns once there was a wake-up since the last call. Cancellation safe.
    pub async fn woken(&mut self) {
        if self.receiver.changed().await.is_err() {
            // Cannot be while the hub is alive; never turn into a busy loop.
            std::future::pending::<()>().await;
        }
    }
}

impl std::fmt::Debug for Subscription {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Subscription")
    }
}

/// The hub that all users of the database at `url` share in this process.
pub(super) fn shared(url: &str) -> Arc<Hub> {
    static HUBS: LazyLock<Mutex<HashMap<String, Weak<Hub>>>> = LazyLock::new(Mutex::default);
    let mut hubs = HUBS.lock().unwrap_or_else(PoisonError::into_inner);
    hubs.retain(|_, hub| hub.strong_count() > 0);
    if let Some(hub) = hubs.get(url).and_then(Weak::upgrade) {
        return hub;
    }
    let hub = Arc::new(Hub::default());
    hubs.insert(url.to_owned(), Arc::downgrade(&hub));
    hub
}
