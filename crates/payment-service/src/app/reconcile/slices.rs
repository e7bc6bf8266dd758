//! A long time, cut into windows whose objects are held in memory at once: lists come newest first, and are gone
//! through oldest first.

use time::{Duration, OffsetDateTime};

use crate::app::ports::{AT_ONCE, Window};

/// What is left of a time.
pub(super) struct Slices {
    from: OffsetDateTime,
    until: OffsetDateTime,
    length: Duration,
}

impl Slices {
    /// All of it is one window, unless that turns out to hold too much.
    pub(super) fn new(from: OffsetDateTime, until: OffsetDateTime) -> Self {
        Self { from, until, length: until - from }
    }

    /// The oldest window that is left.
    pub(super) fn window(&self) -> Option<Window> {
        let until = (self.from + self.length).min(self.until);
        (self.from < self.until).then_some(Window { from: self.from, until })
    }

    /// The window holds too much.
    pub(super) fn halve(&mut self) {
        self.length = (self.length / 2_i32).max(Duration::SECOND);
    }

    /// The window held so many. Where it was few, the next one is longer.
    pub(super) fn pass(&mut self, window: Window, held: usize) {
        self.from = window.until;
        if held < AT_ONCE / 4 {
            self.length = (self.length * 2_i32).min(self.until - self.from).max(Duration::SECOND);
        }
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const FROM: OffsetDateTime = datetime!(2026-01-01 12:00:00.7 UTC);
    const UNTIL: OffsetDateTime = datetime!(2026-01-06 18:30:00.2 UTC);

    /// Goes through a time with so many objects in each of its hours. How many windows were asked for.
    fn walk(of_hour: impl Fn(i64) -> i64) -> usize {
        let held = |window: Window| {
            let seconds = window.from.unix_timestamp()..window.until.unix_timestamp();
            // One in each second of the hour that is one of its first.
            let count = seconds.map(|second| i64::from(second % 3600 < of_hour(second / 3600))).sum::<i64>();
            usize::try_from(count).unwrap()
        };
        let mut slices = Slices::new(FROM, UNTIL);
        let (mut asked, mut all, mut until) = (0, 0, FROM);
        while let Some(window) = slices.window() {
            assert_eq!(window.from, until, "no second is left out");
            asked += 1;
            let found = held(window);
            if found > AT_ONCE && window.can_be_cut() {
                slices.halve();
                continue;
            }
            assert!(found <= AT_ONCE, "{found} at once");
            all += found;
            until = window.until;
            slices.pass(window, found);
        }
        assert_eq!(until, UNTIL);
        assert_eq!(all, held(Window { from: FROM, until: UNTIL }));
        asked
    }

    #[test]
    fn a_time_with_little_in_it_is_one_window() {
        assert_eq!(walk(|_| 1), 1);
    }

    #[test]
    fn a_time_with_much_in_it_is_cut_where_there_is_much() {
        // 126 hours with 100 each, and with 3,600 in one of them.
        let even = walk(|_| 100);
        assert!((13..50).contains(&even), "{even}");
        let one = walk(|hour| if hour == FROM.unix_timestamp() / 3600 + 60 { 3600 } else { 1 });
        assert!(one < 50, "{one}");
    }

    #[test]
    fn a_second_is_not_cut() {
        let second = Window { from: FROM, until: FROM + Duration::SECOND };
        assert!(!second.can_be_cut());
        let mut slices = Slices::new(FROM, UNTIL);
        (0..40).for_each(|_| slices.halve());
        assert_eq!(slices.window(), Some(second));
    }
}
