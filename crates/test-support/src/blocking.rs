//! Async work from `Drop`, inside or outside a runtime.

/// Runs `work` to its end on a thread and a runtime of its own. A panic in it is reported, not passed on: the test
/// that is being dropped may be panicking already.
pub(crate) fn run<F, Fut>(what: &str, work: F)
where
    F: FnOnce() -> Fut + Send,
    Fut: Future<Output = ()>,
{
    let done = std::thread::scope(|scope| {
        scope
            .spawn(|| {
                tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()
                    .expect("a runtime for cleaning up")
                    .block_on(work());
            })
            .join()
    });
    if done.is_err() {
        eprintln!("{what} failed");
    }
}
