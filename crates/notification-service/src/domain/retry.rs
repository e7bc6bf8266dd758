//! When a mail that could not be sent is tried again, and when it is given up.
//!
//! Every failure is retried, also what a server calls permanent: relaying denied or a wrong password look
//! permanent and are mistakes of ours that somebody will mend. Only having been tried often and for long ends it: what
//! waited while nobody could try it has not been tried.

use time::{Duration, OffsetDateTime};

const SHORTEST: Duration = Duration::seconds(2);
const LONGEST: Duration = Duration::minutes(30);
/// How often at least: most of the time may have passed between two of the tries.
const LEAST_TRIES: u32 = 12;

/// How long sending is tried.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    /// Counted from the first try.
    pub(crate) max_age: Duration,
}

/// What to do after a failed try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Try again at this time.
    TryAgain(OffsetDateTime),
    /// It was tried often and for long.
    GiveUp,
}

impl Patience {
    /// Judges the `attempts`-th failure (1 is the first). The pause doubles up to half an hour; `jitter` (any
    /// byte) shortens it by up to a quarter, so that a recovered server is not met by all mails at once.
    pub(crate) fn judge(
        self,
        first_tried_at: OffsetDateTime,
        attempts: u32,
        now: OffsetDateTime,
        jitter: u8,
    ) -> Verdict {
        if now - first_tried_at > self.max_age && attempts >= LEAST_TRIES {
            return Verdict::GiveUp;
        }
        let doubled = SHORTEST * 2_i32.pow(attempts.saturating_sub(1).min(12));
        let pause = doubled.min(LONGEST);
        Verdict::TryAgain(now + pause - pause / 1024 * i32::from(jitter))
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
    fn many_tries_over_a_long_time_end_it() {
        let patience = Patience { max_age: Duration::hours(1) };
        let (old, young) = (START + Duration::minutes(61), START + Duration::minutes(59));
        assert_eq!(patience.judge(START, 12, old, 0), Verdict::GiveUp);
        for (tries, now) in [(11, old), (1, START + Duration::days(30)), (40, young)] {
            assert!(matches!(patience.judge(START, tries, now, 0), Verdict::TryAgain(_)), "{tries} at {now}");
        }
    }
}
