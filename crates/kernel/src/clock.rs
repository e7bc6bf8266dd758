//! Where 'now' comes from.

use std::sync::Mutex;

use time::{Duration, OffsetDateTime};

/// A source of the current time, UTC. Passed in wherever a decision depends on time.
pub trait Clock: Send + Sync + std::fmt::Debug {
    /// The current time, UTC, in whole microseconds: what PostgreSQL stores, so that a value read back
    /// equals the one written.
    fn now(&self) -> OffsetDateTime;
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place where the machine's clock is read")]
    fn now(&self) -> OffsetDateTime {
        whole_microseconds(OffsetDateTime::now_utc())
    }
}

/// The machine's clock, or a fixed start, moved forward by hand: for tests and for the demo's time jumps.
#[derive(Debug)]
pub struct ManualClock {
    /// `None` follows the machine's clock.
    fixed: Option<OffsetDateTime>,
    offset: Mutex<Duration>,
}

impl ManualClock {
    /// A clock that stands still at `start` until it is advanced.
    #[must_use]
    pub fn at(start: OffsetDateTime) -> Self {
        Self { fixed: Some(whole_microseconds(start)), offset: Mutex::new(Duration::ZERO) }
    }

    /// A clock that runs with the machine's, ahead of it by what it was advanced.
    #[must_use]
    pub fn running() -> Self {
        Self { fixed: None, offset: Mutex::new(Duration::ZERO) }
    }

    /// Moves the clock forward.
    pub fn advance(&self, by: Duration) {
        let mut offset = self.offset.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        *offset += by;
    }
}

impl Clock for ManualClock {
    fn now(&self) -> OffsetDateTime {
        let offset = *self.offset.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        self.fixed.unwrap_or_else(|| SystemClock.now()) + offset
    }
}

fn whole_microseconds(at: OffsetDateTime) -> OffsetDateTime {
    at.replace_microsecond(at.microsecond()).unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn a_manual_clock_moves_only_by_hand() {
        let clock = ManualClock::at(datetime!(2026-01-02 03:04:05.000000999 UTC));
        assert_eq!(clock.now(), datetime!(2026-01-02 03:04:05 UTC));
        clock.advance(Duration::minutes(45));
        assert_eq!(clock.now(), datetime!(2026-01-02 03:49:05 UTC));
    }

    #[test]
    fn a_running_clock_keeps_its_lead() {
        let clock = ManualClock::running();
        clock.advance(Duration::hours(1));
        assert!(clock.now() - SystemClock.now() > Duration::minutes(59));
    }
}
