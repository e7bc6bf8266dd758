//! Who publishes.

use std::fmt;

/// A service as events name it in `ce_source`: `/order-service`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Source(pub &'static str);

impl Source {
    /// As text.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}
