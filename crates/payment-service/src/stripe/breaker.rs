//! Stops calling Stripe for a moment when nothing comes back, so that callers are told at once instead of waiting out
//! the deadline one after the other.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// So many calls in a row without an answer open it.
const FAILURES: u32 = 5;

/// Open after failures in a row; then, after a pause, one call is let through to find out.
#[derive(Debug)]
pub(super) struct Breaker {
    pause: Duration,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    failures: u32,
    /// While it is open: when the next call is let through.
    closed_until: Option<Instant>,
}

impl Breaker {
    /// One that stays open for `pause`.
    pub(super) fn new(pause: Duration) -> Self {
        Self { pause, state: Mutex::default() }
    }

    /// Whether a call may be made. The one that is let through while it is open moves the next one on.
    pub(super) fn admits(&self) -> bool {
        let mut state = self.state();
        match state.closed_until {
            None => true,
            Some(until) if Instant::now() < until => false,
            Some(_) => {
                state.closed_until = Some(Instant::now() + self.pause);
                true
            }
        }
    }

    /// Stripe has answered, whatever it said.
    pub(super) fn answered(&self) {
        let mut state = self.state();
        if state.closed_until.is_some() {
            tracing::info!("Stripe answers again");
        }
        *state = State::default();
    }

    /// A call came to its deadline without an answer.
    pub(super) fn failed(&self) {
        let mut state = self.state();
        state.failures = state.failures.saturating_add(1);
        if state.failures >= FAILURES {
            if state.closed_until.is_none() {
                tracing::error!(
                    failures = state.failures,
                    "Stripe does not answer: not calling it for a moment"
                );
            }
            state.closed_until = Some(Instant::now() + self.pause);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn it_opens_after_failures_in_a_row_and_lets_one_call_through() {
        let breaker = Breaker::new(Duration::from_secs(4));
        for _ in 0..FAILURES - 1 {
            breaker.failed();
        }
        breaker.answered();
        for _ in 0..FAILURES {
            assert!(breaker.admits());
            breaker.failed();
        }
        assert!(!breaker.admits());
        tokio::time::advance(Duration::from_secs(4)).await;
        assert!(breaker.admits(), "one finds out");
        assert!(!breaker.admits(), "the others wait for it");
        breaker.answered();
        assert!(breaker.admits());
    }
}
