//! What every use case needs.

use std::sync::Arc;

use kernel::{Clock, Currency};
use messaging::{OutboxWriter, Wakeup};
use sea_orm::DatabaseConnection;
use time::{Duration, OffsetDateTime};

use crate::app::ports::Payments;
use crate::domain::order::Redirects;
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
    /// How long stock is held for a pending order.
    pub(crate) hold: Duration,
    /// How old a Session may be to be verified while it is unpaid.
    pub(crate) session_max_age: Duration,
    /// Used where a caller names no currency.
    pub(crate) currency: Currency,
    /// Used where a caller names no URLs.
    pub(crate) redirects: Redirects,
}

impl App {
    pub(crate) fn now(&self) -> OffsetDateTime {
        self.clock.now()
    }

    /// The deadline of a hold that begins now.
    pub(crate) fn hold_until(&self) -> OffsetDateTime {
        self.now() + self.settings.hold
    }
}
