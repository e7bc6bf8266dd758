//! What every part of the running sandbox shares.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use crate::calls::Calls;
use crate::config::Config;
use crate::faults::Faults;
use crate::idempotency::Keys;
use crate::state::State;

/// The running sandbox. Locks are held for moments, never across an await.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) config: Config,
    pub(crate) faults: Faults,
    pub(crate) keys: Keys,
    pub(crate) calls: Calls,
    /// Told whenever a delivery was tried.
    pub(crate) tried: Notify,
    state: Mutex<State>,
}

impl App {
    pub(crate) fn new(config: Config, state: State) -> Arc<Self> {
        Arc::new(Self {
            config,
            faults: Faults::default(),
            keys: Keys::default(),
            calls: Calls::default(),
            tried: Notify::new(),
            state: Mutex::new(state),
        })
    }

    /// The objects. A panic while they were held leaves them as they are: a sandbox goes on.
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until the deliveries of the events about `object` were tried once, for a bounded time: as
    /// Stripe holds a customer's redirect back until the webhook answered.
    pub(crate) async fn deliveries_tried(&self, object: &str) {
        let id = format!("\"id\":\"{object}\"");
        let tried = async {
            loop {
                let told = self.tried.notified();
                tokio::pin!(told);
                told.as_mut().enable();
                let open = self.state().events.iter().rev().take(200).any(|event| {
                    event.object.contains(&id) && event.deliveries.iter().any(|delivery| !delivery.tried)
                });
                if !open {
                    return;
                }
                told.await;
            }
        };
        if tokio::time::timeout(self.config.redirect_wait, tried).await.is_err() {
            tracing::info!("the webhook has not answered in time: redirecting without it");
        }
    }

    /// How long answers are held back, by the fault switch.
    pub(crate) fn latency(&self) -> Duration {
        self.faults.latency()
    }
}
