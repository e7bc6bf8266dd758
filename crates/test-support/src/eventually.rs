//! The one place in tests where time passes.

use std::fmt::{Debug, Display};
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};

/// What a probe of [`eventually`] may answer.
pub trait Outcome {
    /// What the caller gets at the end.
    type Value;

    /// The value, or what was seen instead.
    ///
    /// # Errors
    /// A description of what was seen, for the message when the time is over.
    fn settle(self) -> Result<Self::Value, String>;
}

impl Outcome for bool {
    type Value = ();

    fn settle(self) -> Result<(), String> {
        if self { Ok(()) } else { Err("false".to_owned()) }
    }
}

impl<T> Outcome for Option<T> {
    type Value = T;

    fn settle(self) -> Result<T, String> {
        self.ok_or_else(|| "nothing".to_owned())
    }
}

impl<T, E: Debug> Outcome for Result<T, E> {
    type Value = T;

    fn settle(self) -> Result<T, String> {
        self.map_err(|seen| format!("{seen:#?}"))
    }
}

/// Asks `probe` until it answers with a value: at once, then after 5 ms, and after growing pauses up to 200 ms.
///
/// # Panics
/// When `deadline` has passed, with `what` and the last thing seen. A probe that hangs is cut off there too.
pub async fn eventually<O: Outcome>(
    deadline: Duration,
    what: impl Display,
    mut probe: impl AsyncFnMut() -> O,
) -> O::Value {
    let end = Instant::now() + deadline;
    let mut pause = Duration::from_millis(5);
    let mut last = "no answer".to_owned();
    loop {
        match timeout(end.saturating_duration_since(Instant::now()), probe()).await.map(Outcome::settle) {
            Ok(Ok(value)) => return value,
            Ok(Err(seen)) => last = seen,
            Err(_) => panic!("not within {deadline:?}: {what}; the last probe hung, before it: {last}"),
        }
        assert!(Instant::now() + pause < end, "not within {deadline:?}: {what}; last seen: {last}");
        sleep(pause).await;
        pause = (pause * 3 / 2).min(Duration::from_millis(200));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn answers_as_soon_as_the_probe_does() {
        let mut asked = 0;
        let value = eventually(Duration::from_secs(5), "the third answer", async || {
            asked += 1;
            (asked == 3).then_some(asked)
        })
        .await;
        assert_eq!(value, 3);
    }

    #[tokio::test]
    #[should_panic(expected = "not within 50ms: a paid order; last seen: \"pending\"")]
    async fn says_what_it_saw_last() {
        eventually(Duration::from_millis(50), "a paid order", async || Err::<(), _>("pending")).await;
    }

    #[tokio::test]
    #[should_panic(expected = "the last probe hung")]
    async fn a_probe_that_hangs_is_cut_off() {
        eventually(Duration::from_millis(20), "an answer", async || std::future::pending::<bool>().await)
            .await;
    }
}
