//! Configuration from the environment, read once at start, every mistake reported at once.
//!
//! An [`Env`] is a map, so that the demo and tests configure a service without touching the process. A [`Reader`]
//! takes values out of it and notes what is wrong; [`Reader::finish`] gives the configuration or all mistakes.
//! No value is ever part of a message: any of them may be a secret.

mod error;
mod reader;
mod sections;

use std::collections::BTreeMap;

pub use error::{ConfigErrors, Mistake};
pub use reader::Reader;
pub use sections::{DatabaseConfig, HttpConfig, KafkaProperties, KafkaSettings};

/// The environment a service is configured by: names and values.
#[derive(Clone, Default)]
pub struct Env(BTreeMap<String, String>);

impl Env {
    /// The environment of this process. A name or value that is not UTF-8 is left out.
    #[must_use]
    pub fn from_process() -> Self {
        let pairs = std::env::vars_os();
        Self::from_pairs(
            pairs.filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?))),
        )
    }

    /// An environment of these pairs; the last one of a name counts.
    pub fn from_pairs<N: Into<String>, V: Into<String>>(pairs: impl IntoIterator<Item = (N, V)>) -> Self {
        Self(pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }

    /// The same environment with `name` set.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.0.insert(name.into(), value.into());
        self
    }

    /// The value of `name`, trimmed; an empty one counts as absent.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|value| value.trim()).filter(|value| !value.is_empty())
    }
}

/// Names only: values may be secrets.
impl std::fmt::Debug for Env {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}
