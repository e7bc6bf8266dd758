//! What is printed: one line per thing that happens, and whether each step held.

use std::fmt::Display;
use std::io::{IsTerminal, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// What a line is about; decides its sign and colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    /// An HTTP call.
    Call,
    /// An event on a topic.
    Event,
    /// The order's state, as its customer sees it.
    Order,
    /// A mail.
    Mail,
    /// Something done to the surroundings: a fault, a jump of the clock.
    Stage,
}

impl Mark {
    const fn sign(self) -> &'static str {
        match self {
            Self::Call => "→ call ",
            Self::Event => "≈ event",
            Self::Order => "● order",
            Self::Mail => "✉ mail ",
            Self::Stage => "! stage",
        }
    }

    const fn colour(self) -> &'static str {
        match self {
            Self::Call => "36",
            Self::Event => "35",
            Self::Order => "33",
            Self::Mail => "34",
            Self::Stage => "31",
        }
    }
}

#[derive(Debug)]
struct State {
    started: Instant,
    scenario: String,
    held: usize,
    failed: Vec<String>,
}

/// Prints, and remembers what did not hold. Cloning shares it.
#[derive(Debug, Clone)]
pub(crate) struct Timeline {
    colour: bool,
    state: Arc<Mutex<State>>,
}

impl Timeline {
    /// Coloured on a terminal, unless `NO_COLOR` is set.
    pub(crate) fn to_stdout() -> Self {
        let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        Self {
            colour: std::io::stdout().is_terminal() && !set("NO_COLOR") && !dumb,
            state: Arc::new(Mutex::new(State {
                started: Instant::now(),
                scenario: String::new(),
                held: 0,
                failed: Vec::new(),
            })),
        }
    }

    /// A plain line.
    pub(crate) fn line(&self, text: impl Display) {
        let _state = self.lock();
        print(&text.to_string());
    }

    /// A line `name  text`, for lists.
    pub(crate) fn entry(&self, name: &str, text: impl Display) {
        self.line(format!("  {}  {text}", self.paint("1", &format!("{name:<22}"))));
    }

    /// The heading of a scenario; times count from here.
    pub(crate) fn scenario(&self, number: usize, title: &str) {
        let mut state = self.lock();
        state.started = Instant::now();
        state.scenario = format!("{number} {title}");
        print(&format!("\n{}", self.paint("1", &format!("{number}  {title}"))));
    }

    /// Something happened.
    pub(crate) fn tell(&self, mark: Mark, text: impl Display) {
        let state = self.lock();
        let sign = self.paint(mark.colour(), mark.sign());
        print(&format!("{}  {sign}  {text}", self.paint("2", &elapsed(&state))));
    }

    /// A step's result. The first failure decides how the demo ends.
    pub(crate) fn check(&self, what: impl Display, held: Result<(), String>) {
        let mut state = self.lock();
        match held {
            Ok(()) => {
                state.held += 1;
                print(&format!("          {}  {what}", self.paint("32;1", "✔ PASS")));
            }
            Err(seen) => {
                let scenario = state.scenario.clone();
                state.failed.push(format!("{scenario}: {what} ({seen})"));
                print(&format!("          {}  {what}: {seen}", self.paint("31;1", "✘ FAIL")));
            }
        }
    }

    /// The end of the walk: how many steps held. Whether all did.
    pub(crate) fn summary(&self) -> bool {
        let state = self.lock();
        let (held, failed) = (state.held, state.failed.len());
        print("");
        if failed == 0 {
            print(&self.paint("32;1", &format!("All {held} steps held.")));
            return true;
        }
        print(&self.paint("31;1", &format!("{failed} of {} steps did not hold:", held + failed)));
        for failure in &state.failed {
            print(&format!("  {failure}"));
        }
        false
    }

    /// The demo itself could not go on.
    pub(crate) fn broken(&self, error: &anyhow::Error) {
        let _state = self.lock();
        print(&format!("\n{}  {error:#}", self.paint("31;1", "✘ The demo cannot go on:")));
    }

    /// The text in a colour (`1` is bold), where colours are shown.
    pub(crate) fn paint(&self, code: &str, text: &str) -> String {
        if self.colour { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn elapsed(state: &State) -> String {
    let elapsed = state.started.elapsed();
    format!("{:>4}.{:02}s", elapsed.as_secs(), elapsed.subsec_millis() / 10)
}

/// A reader that went away (`| head`) is no reason to fail.
fn print(line: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}
