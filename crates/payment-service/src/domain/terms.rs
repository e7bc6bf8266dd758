//! How long a Session lives.

use time::{Duration, OffsetDateTime};

/// How much our clock and Stripe's may disagree, and for the call to get there.
const SLACK: Duration = Duration::minutes(6);
/// Stripe's shortest life of a Session, by a clock that may be slow.
const SHORTEST: Duration = Duration::minutes(30).saturating_add(SLACK);
/// Stripe's longest, by a clock that may be fast.
const LONGEST: Duration = Duration::hours(24).saturating_sub(SLACK);
/// How much longer the stock is held than the Session lives.
const MARGIN: Duration = Duration::minutes(10);

/// When a Session made `now` ends, for stock that is held until `hold_until`: ten minutes earlier, within what
/// Stripe allows. Whole seconds, as Stripe counts.
pub(crate) fn session_end(now: OffsetDateTime, hold_until: OffsetDateTime) -> OffsetDateTime {
    let end = (hold_until - MARGIN).clamp(now + SHORTEST, now + LONGEST);
    end.replace_nanosecond(0).unwrap_or(end)
}

/// When a Session made `now` ends, that should live for `life`, within what Stripe allows. Whole seconds.
pub(crate) fn end_after(now: OffsetDateTime, life: Duration) -> OffsetDateTime {
    session_end(now, now + life.min(LONGEST) + MARGIN)
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn the_end_is_ten_minutes_before_the_hold_within_stripes_bounds() {
        let now = datetime!(2026-01-01 12:00:00.5 UTC);
        let end = |hold| session_end(now, now + hold);
        assert_eq!(end(Duration::minutes(60)), datetime!(2026-01-01 12:50 UTC));
        assert_eq!(end(Duration::seconds(5)), datetime!(2026-01-01 12:36 UTC));
        assert_eq!(end(Duration::days(3)), datetime!(2026-01-02 11:54 UTC));
    }
}
