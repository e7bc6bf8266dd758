//! When a mail that could not be sent is tried again, and when it is given up.
//!
//! Every failure is retried, also what a server calls permanent: relaying denied or a wrong password look
//! permanent and are mistakes of ours that somebody will mend. Age alone ends it.

use time::{Duration, OffsetDateTime};

const SHORTEST: Duration = Duration::seconds(2);
const LONGEST: Duration = Duration::minutes(30);

/// How long sending is tried.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    /// Counted from the notification's creation.
    pub(crate) max_age: Duration,
}

/// What to do after a failed try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Try again at this time.
    TryAgain(OffsetDateTime),
    /// It is too old.
    GiveUp,
}

impl Patience {
    /// Judges the `attempts`-th failure (1 is the first). The pause doubles up to half an hour; `jitter` (any
    /// byte) shortens it by up to a quarter, so that a recovered server is not met by all mails at once.
    pub(crate) fn judge(
        self,
        created_at: OffsetDateTime,
        attempts: u32,
        now: OffsetDateTime,
        jitter: u8,
    ) -> Verdict {
        let doubled = SHORTEST * 2_i32.pow(attempts.saturating_sub(1).min(12));
        let pause = doubled.min(LONGEST);
        let next = now + pause - pause / 1024 * i32::from(jitter);
        if next > created_at + self.max_age { Verdict::GiveUp } else { Verdict::TryAgain(next) }
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const START: OffsetDateTime = datetime!(2026-01-01 00:00 UTC);

    fn pause(attempts: u32, jitter: u8) -> Duration {
        let patience = Patience { max_age: Duration::days(1) };
        match patience.judge(START, attempts, START, jitter) {
            Verdict::TryAgain(at) => at - START,
            Verdict::GiveUp => panic!("given up after {attempts}"),
        }
    }

    #[test]
    fn pauses_double_up_to_a_bound() {
        assert_eq!(pause(1, 0), Duration::seconds(2));
        assert_eq!(pause(2, 0), Duration::seconds(4));
        assert_eq!(pause(5, 0), Duration::seconds(32));
        assert_eq!(pause(40, 0), Duration::minutes(30));
        assert_eq!(pause(u32::MAX, 0), Duration::minutes(30));
    }

    #[test]
    fn jitter_takes_a_quarter_at_most() {
        assert!(pause(3, 255) > Duration::seconds(6));
        assert!(pause(3, 255) < pause(3, 100));
    }

    #[test]
    fn age_ends_it() {
        let patience = Patience { max_age: Duration::hours(1) };
        let now = START + Duration::minutes(59);
        assert_eq!(patience.judge(START, 10, now, 0), Verdict::GiveUp);
        assert!(matches!(patience.judge(START, 1, now, 0), Verdict::TryAgain(_)));
    }
}
