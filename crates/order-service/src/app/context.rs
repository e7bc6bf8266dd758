//! What every use case needs.

use std::sync::Arc;

use kernel::{Clock, Currency};
use messaging::{OutboxWriter, Wakeup};
use sea_orm::DatabaseConnection;
use time::{Duration, OffsetDateTime};

use crate::app::ports::Payments;
use crate::domain::order::{AFTER_SESSION, COVERING_HOLD, Redirects};
use crate::domain::token::Keys;

/// The database, the outside and the settings.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) db: DatabaseConnection,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) outbox: OutboxWriter,
    pub(crate) wakeup: Wakeup,
    pub(crate) payments: Arc<dyn Payments>,
    pub(crate) keys: Keys,
    pub(crate) settings: Settings,
}

/// What the configuration decides about orders.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    /// How long stock is held for a pending order. A hold shorter than [`COVERING_HOLD`] ends orders before their
    /// Sessions, which are then closed at Stripe first; a longer one is made to outlive every Session.
    pub(crate) hold: Duration,
    /// How old a Session may be to be verified while it is unpaid.
    pub(crate) session_max_age: Duration,
    /// Used where a caller names no currency.
    pub(crate) currency: Currency,
    /// Used where a caller names no URLs.
    pub(crate) redirects: Redirects,
    /// The ways to pay that a buyer may choose; never empty.
    pub(crate) payment_methods: Vec<String>,
}

impl App {
    pub(crate) fn now(&self) -> OffsetDateTime {
        self.clock.now()
    }

    /// The deadline of a hold that begins now.
    pub(crate) fn hold_until(&self) -> OffsetDateTime {
        self.now() + self.settings.hold
    }

    /// The deadline that outlives a Session, where holds are meant to.
    pub(crate) fn hold_beyond(&self, session_end: OffsetDateTime) -> Option<OffsetDateTime> {
        (self.settings.hold >= COVERING_HOLD).then(|| session_end + AFTER_SESSION)
    }
}
