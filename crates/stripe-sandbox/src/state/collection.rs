//! A bounded collection of objects in the order they were made.

use std::collections::{BTreeMap, HashMap};

/// What the sandbox keeps and Stripe lists.
pub(crate) trait Object {
    /// Stripe's id.
    fn id(&self) -> &str;
    /// Unix seconds.
    fn created(&self) -> i64;
    /// As Stripe's API shows it.
    fn json(&self) -> serde_json::Value;
}

/// Objects by id and by age. When full, the oldest goes.
#[derive(Debug)]
pub(crate) struct Collection<T> {
    by_age: BTreeMap<u64, T>,
    ages: HashMap<String, u64>,
    next: u64,
    limit: usize,
}

impl<T: Object> Collection<T> {
    pub(crate) fn new(limit: usize) -> Self {
        Self { by_age: BTreeMap::new(), ages: HashMap::new(), next: 0, limit }
    }

    pub(crate) fn insert(&mut self, object: T) {
        self.ages.insert(object.id().to_owned(), self.next);
        self.by_age.insert(self.next, object);
        self.next += 1;
        if self.by_age.len() > self.limit
            && let Some((_, oldest)) = self.by_age.pop_first()
        {
            self.ages.remove(oldest.id());
        }
    }

    pub(crate) fn get(&self, id: &str) -> Option<&T> {
        self.ages.get(id).and_then(|age| self.by_age.get(age))
    }

    pub(crate) fn get_mut(&mut self, id: &str) -> Option<&mut T> {
        let age = self.ages.get(id)?;
        self.by_age.get_mut(age)
    }

    pub(crate) fn remove(&mut self, id: &str) -> Option<T> {
        let age = self.ages.remove(id)?;
        self.by_age.remove(&age)
    }

    /// Oldest first.
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.by_age.values()
    }

    /// Newest first, only those older than `id`. `None`: there is no such object.
    pub(crate) fn older_than(&self, id: &str) -> Option<impl Iterator<Item = &T>> {
        let age = self.ages.get(id)?;
        Some(self.by_age.range(..age).rev().map(|(_, object)| object))
    }

    /// Oldest first, only those newer than `id`. `None`: there is no such object.
    pub(crate) fn newer_than(&self, id: &str) -> Option<impl Iterator<Item = &T>> {
        let age = self.ages.get(id)?;
        Some(self.by_age.range(age + 1..).map(|(_, object)| object))
    }
}
