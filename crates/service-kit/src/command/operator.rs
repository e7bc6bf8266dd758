//! Who gives a command: written down with what it changed.

use clap::Args;

use crate::env::Reader;

/// `--by`.
#[derive(Debug, Clone, Args)]
pub struct By {
    /// Who does it, for the record; the operating system's user unless given.
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
}

impl By {
    /// The name.
    #[must_use]
    pub fn name(self, read: &mut Reader<'_>) -> String {
        self.by.or_else(|| read.optional("USER")).or_else(|| read.optional("LOGNAME")).unwrap_or_else(number)
    }
}

/// A container's user has no name.
#[cfg(unix)]
fn number() -> String {
    format!("uid {}", rustix::process::getuid().as_raw())
}

#[cfg(not(unix))]
fn number() -> String {
    "unknown".to_owned()
}
