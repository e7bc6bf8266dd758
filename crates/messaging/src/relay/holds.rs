//! Topics that are left out for a moment because the broker did not take their messages.

use std::collections::HashMap;
use std::time::Duration;

use tokio::time::Instant;

const FIRST: Duration = Duration::from_millis(250);
const LONGEST: Duration = Duration::from_secs(5);

struct Hold {
    until: Instant,
    pause: Duration,
}

/// By topic, without prefix.
#[derive(Default)]
pub(super) struct Holds(HashMap<String, Hold>);

impl Holds {
    /// Leaves `topic` out, each time in a row twice as long.
    pub(super) fn failed(&mut self, topic: &str) {
        let pause = self.0.get(topic).map_or(FIRST, |hold| (hold.pause * 2).min(LONGEST));
        let until = Instant::now() + pause;
        self.0.insert(topic.to_owned(), Hold { until, pause });
    }

    /// It works again.
    pub(super) fn succeeded(&mut self, topic: &str) {
        self.0.remove(topic);
    }

    /// Topics to be left out now.
    pub(super) fn now(&self) -> Vec<String> {
        let now = Instant::now();
        let held = self.0.iter().filter(|(_, hold)| hold.until > now);
        held.map(|(topic, _)| topic.clone()).collect()
    }

    /// How long until one of them is tried again.
    pub(super) fn next(&self) -> Option<Duration> {
        let now = Instant::now();
        let ends = self.0.values().map(|hold| hold.until).filter(|until| *until > now);
        ends.min().map(|until| until - now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_topic_is_left_out_longer_each_time_and_at_once_tried_again_when_it_works() {
        let mut holds = Holds::default();
        assert_eq!(holds.next(), None);
        holds.failed("a");
        assert_eq!(holds.now(), ["a"]);
        assert_eq!(holds.next(), Some(FIRST));
        tokio::time::advance(FIRST).await;
        assert!(holds.now().is_empty());
        for _ in 0..10 {
            holds.failed("a");
        }
        assert_eq!(holds.next(), Some(LONGEST));
        holds.succeeded("a");
        assert!(holds.now().is_empty());
    }
}
