//! `chaos --seed 511 --minutes 3`: a shop under everything that a seed says, then the ten invariants.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use tests_e2e::chaos::{Options, Report, run};
use tokio::task::LocalSet;

/// Runs shops under everything that can go wrong, and checks that nothing is lost.
#[derive(Debug, Parser)]
struct Arguments {
    /// What goes wrong, and when. The same seed gives the same schedule.
    #[arg(long, env = "SEED", default_value_t = 1)]
    seed: u64,
    /// How long things go wrong, in minutes. Coming to rest and checking take about two more.
    #[arg(long, env = "MINUTES", default_value_t = 3)]
    minutes: u64,
    /// How many seeds, from SEED on, one after the other.
    #[arg(long, env = "SEEDS", default_value_t = 1)]
    seeds: u64,
    /// How long the shop may take to come to rest, from the last fault or the last customer on.
    #[arg(long, env = "QUIET_SECONDS", default_value_t = 30)]
    quiet_seconds: u64,
    /// Where the logs of a failing seed go, in a folder named by it.
    #[arg(long, default_value = ".local/chaos")]
    logs: PathBuf,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let mut failed = 0;
    for seed in (arguments.seed..).take(usize::try_from(arguments.seeds).unwrap_or(usize::MAX)) {
        let options = Options {
            seed,
            length: Duration::from_secs(60 * arguments.minutes),
            quiet: Duration::from_secs(arguments.quiet_seconds),
            logs: arguments.logs.clone(),
        };
        // A run that breaks down is a failure of its seed, and the next one's turn.
        let local = LocalSet::new();
        let report = local.run_until(local.spawn_local(async move { run(&options).await })).await;
        failed += u64::from(!report.as_ref().is_ok_and(Report::held));
        match report {
            Ok(report) => tell(&report, arguments.minutes),
            Err(error) => say(&format!("FAILED seed {seed} minutes {}: {error}\n", arguments.minutes)),
        }
    }
    say(&format!("{} seeds, {failed} failed\n", arguments.seeds));
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn tell(report: &Report, minutes: u64) {
    let mut text = report.to_string();
    if !report.held() {
        text.push_str(&format!(
            "FAILED seed {} minutes {minutes}: logs in {}\n",
            report.seed,
            report.logs.display()
        ));
    }
    say(&text);
}

fn say(text: &str) {
    // Whoever reads it may have gone away.
    let _ = std::io::stdout().write_all(text.as_bytes());
}
