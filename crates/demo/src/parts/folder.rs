//! The demo's folder: one run at a time, emptied at its start.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use anyhow::Context;

/// Says whose the folder is, and is locked while a demo runs in it.
const MARKER: &str = ".tender-demo";

/// A folder nobody else uses until this is dropped.
pub(super) struct Claimed {
    pub(super) path: PathBuf,
    _lock: File,
}

impl Claimed {
    /// Claims and empties it. Only what a former run left there is removed.
    ///
    /// # Errors
    /// When another demo runs there, or something else has it.
    pub(super) fn emptied(folder: &Path) -> anyhow::Result<Self> {
        let cannot = || format!("cannot use the folder {}", folder.display());
        fs::create_dir_all(folder).with_context(cannot)?;
        let ours = folder.join(MARKER).exists();
        if !ours && folder.read_dir().with_context(cannot)?.next().is_some() {
            anyhow::bail!("{} is not empty and not from a former run of the demo", folder.display());
        }
        let lock = File::create(folder.join(MARKER)).with_context(cannot)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                anyhow::bail!(
                    "another demo runs in {}: name a folder of your own by --folder",
                    folder.display()
                )
            }
            Err(TryLockError::Error(error)) => return Err(error).with_context(cannot),
        }
        for entry in folder.read_dir().with_context(cannot)? {
            let path = entry.with_context(cannot)?.path();
            if path.ends_with(MARKER) {
                continue;
            }
            if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) }
                .with_context(cannot)?;
        }
        Ok(Self { path: folder.canonicalize().with_context(cannot)?, _lock: lock })
    }
}
