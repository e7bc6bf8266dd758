//! What was wrong with the configuration, all of it.

use std::fmt;

/// One variable that is missing or cannot be used. The value is not part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// The variable's name.
    pub name: String,
    /// What is wrong, as a phrase that follows the name: 'is missing', 'must be a whole number'.
    pub problem: String,
}

/// Every mistake found in the configuration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct ConfigErrors(pub Vec<Mistake>);

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.0.len();
        write!(f, "the configuration has {count} mistake{}:", if count == 1 { "" } else { "s" })?;
        for mistake in &self.0 {
            write!(f, "\n  {} {}", mistake.name, mistake.problem)?;
        }
        Ok(())
    }
}
