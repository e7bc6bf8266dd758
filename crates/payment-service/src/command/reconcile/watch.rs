//! How far the run is: a bar on a terminal, otherwise a line per step.

use std::io::{IsTerminal, Write, stderr};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::app::reconcile::Progress;

/// What suits standard error.
pub(super) fn on_stderr() -> Box<dyn Progress> {
    if stderr().is_terminal() { Box::new(Bar::default()) } else { Box::new(Lines) }
}

/// The step's bar; one whose length is not known turns.
#[derive(Default)]
struct Bar(Mutex<Option<ProgressBar>>);

impl Bar {
    fn replace(&self, next: Option<ProgressBar>) {
        let mut bar = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(done) = std::mem::replace(&mut *bar, next) {
            done.finish_and_clear();
        }
    }
}

impl Progress for Bar {
    fn begin(&self, step: &'static str, of: Option<usize>) {
        let (bar, template) = match of {
            Some(of) => (ProgressBar::new(of as u64), "{msg:24} {bar:32} {pos}/{len} {per_sec}"),
            None => (ProgressBar::new_spinner(), "{msg:24} {spinner} {pos} {per_sec}"),
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_message(step);
        bar.enable_steady_tick(Duration::from_millis(120));
        self.replace(Some(bar));
    }

    fn advance(&self, by: usize) {
        if let Some(bar) = self.0.lock().unwrap_or_else(PoisonError::into_inner).as_ref() {
            bar.inc(by as u64);
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.replace(None);
    }
}

struct Lines;

impl Progress for Lines {
    fn begin(&self, step: &'static str, of: Option<usize>) {
        let mut err = stderr().lock();
        // Nobody may be reading.
        let _ = match of {
            Some(of) => writeln!(err, "{step}: {of}"),
            None => writeln!(err, "{step}"),
        };
    }

    fn advance(&self, _: usize) {}
}
