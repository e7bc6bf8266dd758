//! Crash points: named places at which a test lets a process end as by `kill -9`.
//!
//! `CRASH_AT=relay.acked` ends the process when that place is reached, `CRASH_AT=relay.acked@3` when it is reached
//! for the third time. Only builds with the feature `fault-points` know of them, and list them as `POINTS`; in all
//! others [`at`] is empty.

/// Ends the process here if the environment asks for it.
#[cfg(not(feature = "fault-points"))]
#[inline]
pub const fn at(_: &'static str) {}

#[cfg(feature = "fault-points")]
mod points;

#[cfg(feature = "fault-points")]
pub use armed::at;
#[cfg(feature = "fault-points")]
pub use points::{POINTS, Point};

#[cfg(feature = "fault-points")]
mod armed {
    use std::sync::LazyLock;
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::POINTS;

    static ARMED: LazyLock<Option<Armed>> =
        LazyLock::new(|| std::env::var("CRASH_AT").ok().map(|text| Armed::read(&text)));

    struct Armed {
        point: String,
        left: AtomicU32,
    }

    impl Armed {
        fn read(text: &str) -> Self {
            let (point, times) = text.split_once('@').unwrap_or((text, "1"));
            let times = times.parse().unwrap_or_else(|_| panic!("CRASH_AT={text} is not NAME[@TIMES]"));
            assert!(
                POINTS.iter().any(|known| known.name == point),
                "CRASH_AT={text}: there is no such point"
            );
            Self { point: point.to_owned(), left: AtomicU32::new(times) }
        }

        /// Whether this is the time at which it has to happen.
        fn is_due(&self, point: &str) -> bool {
            self.point == point && self.left.fetch_sub(1, Ordering::Relaxed) == 1
        }
    }

    /// Ends the process here if the environment asks for it.
    pub fn at(point: &'static str) {
        if ARMED.as_ref().is_some_and(|armed| armed.is_due(point)) {
            // In one piece: others write to the same place.
            let line = format!("crash point {point}: the process ends here\n");
            eprint!("{line}");
            std::process::abort();
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn only_the_named_point_is_due_and_only_at_its_turn() {
            let armed = Armed::read("relay.acked@2");
            assert!(!armed.is_due("relay.enqueued"));
            assert_eq!([1, 2, 3].map(|_| armed.is_due("relay.acked")), [false, true, false]);
            assert!(Armed::read("webhook.committed").is_due("webhook.committed"));
        }

        #[test]
        #[should_panic(expected = "there is no such point")]
        fn a_point_that_does_not_exist_is_a_mistake() {
            Armed::read("relay.akced");
        }
    }
}
