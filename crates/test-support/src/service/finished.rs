//! Commands that answer and end.

use std::fs::File;
use std::process::ExitStatus;

use super::{START, ServiceBuilder};
use crate::eventually;

/// A command that has ended.
#[derive(Debug)]
pub struct Finished {
    /// How.
    pub status: ExitStatus,
    /// What it answered.
    pub stdout: String,
    /// What it told beside that.
    pub stderr: String,
}

impl ServiceBuilder {
    /// Runs it to its end, such as a seed command. What it answered.
    ///
    /// # Panics
    /// When it fails, with all it wrote, or takes too long.
    pub async fn run(self) -> String {
        let name = self.binary.clone();
        let Finished { status, stdout, stderr } = self.finish().await;
        assert!(status.success(), "{name} ended with {status}: {stdout}{stderr}");
        stdout
    }

    /// Runs it to its end, however it ends.
    ///
    /// # Panics
    /// When it takes too long.
    pub async fn finish(self) -> Finished {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = |name| folder.path().join(name);
        let mut command = self.command(folder.path(), 0);
        command.stdout(File::create(file("stdout")).expect("a file"));
        command.stderr(File::create(file("stderr")).expect("a file"));
        let mut child =
            command.spawn().unwrap_or_else(|error| panic!("{} does not start: {error}", self.binary));
        let status = eventually(START, format!("{} ends", self.binary), async || {
            child.try_wait().expect("a child can be waited for")
        })
        .await;
        let read = |name| std::fs::read_to_string(file(name)).expect("text");
        Finished { status, stdout: read("stdout"), stderr: read("stderr") }
    }
}
