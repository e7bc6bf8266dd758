//! A server's process: signals, and waiting for its end.

use std::process::{Child, ExitStatus};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::eventually;

/// A loaded machine writes out its data slowly.
const END: Duration = Duration::from_secs(60);

#[derive(Debug)]
pub(super) struct Process(Child);

impl Process {
    pub(super) const fn new(child: Child) -> Self {
        Self(child)
    }

    pub(super) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.0), signal).expect("a child can be signalled");
    }

    pub(super) fn has_ended(&mut self) -> Option<ExitStatus> {
        self.0.try_wait().expect("a child can be waited for")
    }

    /// Asks it to end by `signal` and waits for that.
    pub(super) async fn end(&mut self, signal: Signal, what: &str) {
        if self.has_ended().is_none() {
            self.signal(signal);
        }
        eventually(END, format!("{what} ends"), async || self.has_ended()).await;
    }

    /// `signal`, and waits for the end without a runtime.
    pub(super) fn end_now(&mut self, signal: Signal) {
        if self.has_ended().is_none() {
            self.signal(signal);
        }
        let _ = self.0.wait();
    }
}
