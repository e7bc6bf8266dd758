//! Telling somebody who waits how far a run is.

/// Whoever watches a run.
pub(crate) trait Progress: Send + Sync {
    /// The next step begins, of so many objects if that is known.
    fn begin(&self, step: &'static str, of: Option<usize>);
    /// So many objects of the step are done.
    fn advance(&self, by: usize);
}

/// Nobody watches.
#[derive(Debug)]
pub(crate) struct Silent;

impl Progress for Silent {
    fn begin(&self, _: &'static str, _: Option<usize>) {}
    fn advance(&self, _: usize) {}
}
