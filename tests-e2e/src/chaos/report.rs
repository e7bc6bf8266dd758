//! What a run was, and what it found.

use std::fmt;
use std::fs;
use std::path::PathBuf;

use super::Options;
use super::evidence::{Evidence, number, text};
use super::invariants::{Broken, NAMES};
use super::schedule::Schedule;
use super::tally::Tally;

/// For people: printed at the end.
#[derive(Debug, Clone)]
pub struct Report {
    pub seed: u64,
    pub seconds: u64,
    /// What was counted: name and number, in the order in which it is told.
    pub counts: Vec<(String, u64)>,
    pub points: Vec<String>,
    pub broken: Vec<Broken>,
    /// Where the logs are of a run that failed.
    pub logs: PathBuf,
}

impl Report {
    pub(super) fn of(options: &Options, tally: &Tally, evidence: &Evidence, broken: Vec<Broken>) -> Self {
        let orders = |status: &str| {
            let rows = evidence.tables.of("order-service/orders").iter();
            rows.filter(|row| text(row, "status") == status).count() as u64
        };
        let count = |table: &str| evidence.tables.of(table).len() as u64;
        let refunded =
            evidence.intents().iter().filter(|intent| number(intent, "refunded") > 0).count() as u64;
        let mut counts: Vec<(String, u64)> = vec![
            ("visits".to_owned(), tally.of("visits")),
            ("purchases".to_owned(), tally.of("purchases")),
            ("orders".to_owned(), count("order-service/orders")),
            ("paid".to_owned(), orders("paid")),
            ("declines".to_owned(), count("payment-service/payment_declines")),
            ("cancelled".to_owned(), orders("cancelled")),
            ("expired".to_owned(), orders("expired")),
            ("pending".to_owned(), orders("pending")),
            ("refunded".to_owned(), refunded),
            ("asked back by the shop".to_owned(), count("order-service/refund_requests")),
            ("kills at random".to_owned(), tally.of("killed: kill -9")),
            ("kills at crash points".to_owned(), tally.of("killed: crash points")),
            ("kills, crash point not met".to_owned(), tally.of("killed: kill -9, its crash point not met")),
            ("frozen".to_owned(), tally.of("frozen")),
            ("ended in order".to_owned(), tally.of("ended in order")),
            ("did not end in order".to_owned(), tally.sum("did not end in order")),
            ("ended by themselves".to_owned(), tally.sum("ended by itself")),
            ("database restarts".to_owned(), tally.of("database restarts")),
            ("broker restarts".to_owned(), tally.of("broker restarts")),
            ("stretches of Stripe's errors or slowness".to_owned(), tally.of("Stripe errs or is slow")),
            ("webhooks sent".to_owned(), attempts(evidence)),
            ("webhooks lost".to_owned(), lost(evidence)),
            ("messages".to_owned(), evidence.messages.len() as u64),
            (
                "messages twice on a topic".to_owned(),
                (evidence.messages.len() - evidence.events().len()) as u64,
            ),
            ("mails".to_owned(), evidence.mails.len() as u64),
            ("5xx seen by customers".to_owned(), tally.sum("5xx: ")),
            ("calls without an answer".to_owned(), tally.of("no answer")),
            ("calls tried again".to_owned(), tally.of("tried again")),
            ("turned away".to_owned(), tally.sum("turned away: ")),
            ("seconds customers went on".to_owned(), tally.of("seconds customers went on")),
            ("seconds to rest".to_owned(), tally.of("seconds to rest")),
        ];
        for prefix in ["webhooks ", "5xx: ", "turned away: ", "at the page: ", "cancel answered: ", "story: "]
        {
            let named = tally.all(prefix).into_iter();
            counts.extend(named.map(|(name, count)| (format!("  {prefix}{name}"), count)));
        }
        let seconds = options.length.as_secs();
        let logs = options.logs.join(options.seed.to_string());
        Self { seed: options.seed, seconds, counts, points: tally.points(), broken, logs }
    }

    pub fn held(&self) -> bool {
        self.broken.is_empty()
    }

    /// What was counted under this name.
    pub fn count(&self, name: &str) -> u64 {
        self.counts.iter().find(|(known, _)| known == name).map_or(0, |(_, count)| *count)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "seed {}, {} s of faults", self.seed, self.seconds)?;
        for (name, count) in self.counts.iter().filter(|(_, count)| *count > 0) {
            writeln!(f, "  {name:<42} {count:>6}")?;
        }
        writeln!(f, "  crash points met: {}", self.points.join(" "))?;
        for (index, name) in NAMES.iter().enumerate() {
            let found = self.broken.iter().filter(|one| usize::from(one.number) == index + 1).count();
            let verdict = if found == 0 { "held" } else { "BROKEN" };
            writeln!(f, "  {:>2} {name:<70} {verdict}", index + 1)?;
        }
        for one in &self.broken {
            writeln!(f, "{one}")?;
        }
        Ok(())
    }
}

fn attempts(evidence: &Evidence) -> u64 {
    let deliveries = evidence.deliveries.iter().filter_map(|event| event["deliveries"].as_array()).flatten();
    deliveries.filter_map(|delivery| delivery["attempts"].as_u64()).sum()
}

fn lost(evidence: &Evidence) -> u64 {
    let deliveries = evidence.deliveries.iter().filter_map(|event| event["deliveries"].as_array()).flatten();
    deliveries.filter(|delivery| delivery["outcome"] == "dropped").count() as u64
}

/// Keeps what is needed to understand a failure.
pub(super) fn keep(
    options: &Options,
    schedule: &Schedule,
    report: &Report,
    evidence: &Evidence,
    logs: Vec<(String, String)>,
) {
    let folder = options.logs.join(options.seed.to_string());
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a folder for the logs");
    let write = |name: String, text: String| fs::write(folder.join(name), text).expect("a file is written");
    write("report.txt".to_owned(), report.to_string());
    write("schedule.txt".to_owned(), format!("{schedule:#?}"));
    write("evidence.txt".to_owned(), format!("{:#?}\n{:#?}", evidence.books, evidence.tables));
    let messages: Vec<String> = evidence.events().iter().map(|one| format!("{one:?}")).collect();
    write("events.txt".to_owned(), messages.join("\n"));
    for (process, log) in logs {
        write(format!("{process}.log"), log);
    }
}
