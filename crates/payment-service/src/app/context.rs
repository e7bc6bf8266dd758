//! What every use case works with.

use std::sync::Arc;
use std::time::Duration;

use kernel::Clock;
use messaging::{OutboxWriter, Wakeup};
use moka::future::Cache;
use sea_orm::DatabaseConnection;
use tokio::sync::Notify;

use super::Metrics;
use super::ports::Stripe;

/// Sessions remembered as just read; more than customers who come back within the lifetime.
const SESSIONS: u64 = 10_000;

/// What the configuration decides about use cases.
#[derive(Debug, Clone)]
pub(crate) struct Policy {
    /// Real money or test, from the API key.
    pub(crate) livemode: bool,
    /// How long one call to Stripe may take, all tries together.
    pub(crate) stripe_deadline: Duration,
    /// How long a Session lives where the caller gives no end.
    pub(crate) session_ttl: Duration,
    /// How long a Session that was just read is not read again.
    pub(crate) session_cache_ttl: Duration,
    /// Whether anybody may name prices that the catalogue does not know.
    pub(crate) ad_hoc_prices: bool,
    /// Stripe's words for how customers may pay, where the caller does not say.
    pub(crate) payment_method_types: Vec<String>,
    /// The pause between looks at what is left to do; also the first step of backoffs.
    pub(crate) worker_interval: Duration,
    /// The pause between comparisons with Stripe's books.
    pub(crate) reconcile_interval: Duration,
}

/// Wakes the workers of this process.
#[derive(Debug, Default)]
pub(crate) struct Work {
    /// Webhooks wait to be applied.
    pub(crate) events: Notify,
    /// Calls to Stripe wait to be sent, again or for the first time.
    pub(crate) requests: Notify,
    /// Closed purchases wait for their Session to be ended.
    pub(crate) closed: Notify,
}

/// The service's parts.
#[derive(Debug)]
pub(crate) struct App {
    /// The database.
    pub(crate) db: DatabaseConnection,
    /// The time.
    pub(crate) clock: Arc<dyn Clock>,
    /// The outside.
    pub(crate) stripe: Arc<dyn Stripe>,
    /// Events, appended in the transaction that makes them true.
    pub(crate) outbox: OutboxWriter,
    /// Wakes the relay after a commit.
    pub(crate) wakeup: Wakeup,
    /// What the configuration decides.
    pub(crate) policy: Policy,
    /// What operators see.
    pub(crate) metrics: Metrics,
    /// Wakes the workers.
    pub(crate) work: Work,
    /// Sessions read a moment ago, so that many who ask at once cause one read. Never the truth: the state is
    /// always the database's.
    pub(crate) fresh_sessions: Cache<String, ()>,
}

impl App {
    /// The cache that [`App::fresh_sessions`] is.
    pub(crate) fn session_cache(policy: &Policy) -> Cache<String, ()> {
        Cache::builder().max_capacity(SESSIONS).time_to_live(policy.session_cache_ttl).build()
    }

    /// How long to wait before try number `tries` + 1 of anything: doubling, five minutes at most.
    pub(crate) fn backoff(&self, tries: u32) -> Duration {
        let longest = Duration::from_secs(300);
        2_u32
            .checked_pow(tries)
            .and_then(|factor| self.policy.worker_interval.checked_mul(factor))
            .map_or(longest, |pause| pause.min(longest))
    }

    /// How long whoever has taken a call to Stripe may need for it.
    pub(crate) fn call_lease(&self) -> Duration {
        self.policy.stripe_deadline + Duration::from_secs(2)
    }
}
