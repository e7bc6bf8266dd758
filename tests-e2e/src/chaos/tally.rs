//! What happened in a run, counted by name.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Counters, and the crash points that were reached.
#[derive(Debug, Default)]
pub struct Tally(Mutex<Counts>);

#[derive(Debug, Default)]
struct Counts {
    by_name: BTreeMap<String, u64>,
    points: BTreeSet<String>,
}

impl Tally {
    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn add(&self, name: impl Into<String>) {
        self.add_many(name, 1);
    }

    pub fn add_many(&self, name: impl Into<String>, count: u64) {
        *self.counts().by_name.entry(name.into()).or_default() += count;
    }

    pub fn of(&self, name: &str) -> u64 {
        self.counts().by_name.get(name).copied().unwrap_or_default()
    }

    /// All whose name begins so.
    pub fn sum(&self, prefix: &str) -> u64 {
        self.counts()
            .by_name
            .iter()
            .filter(|(name, _)| name.starts_with(prefix))
            .map(|(_, count)| count)
            .sum()
    }

    /// All whose name begins so, without that beginning.
    pub fn all(&self, prefix: &str) -> Vec<(String, u64)> {
        let counts = self.counts();
        let named = counts.by_name.iter();
        named.filter_map(|(name, count)| Some((name.strip_prefix(prefix)?.to_owned(), *count))).collect()
    }

    pub fn reached(&self, point: &str) {
        self.counts().points.insert(point.to_owned());
    }

    pub fn points(&self) -> Vec<String> {
        self.counts().points.iter().cloned().collect()
    }
}
