//! A small disk in memory.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Mounted as long as the value lives.
#[derive(Debug)]
pub(super) struct Disk(PathBuf);

impl Disk {
    /// `None` where this user may not mount.
    pub(super) fn mount(at: &Path, megabytes: u32) -> Option<Self> {
        std::fs::create_dir_all(at).expect("a folder to mount at");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={megabytes}m,mode=1777"), "tmpfs"]).arg(at);
        let done = mount.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
        done.is_ok_and(|status| status.success()).then(|| Self(at.to_owned()))
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Lazily: what still has a file open there lets go of it in its own time.
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}
