//! The chaos run: a whole shop with two replicas of everything, customers, and everything going wrong that a seed
//! says; then quiet, and the ten invariants checked against Stripe's books.

mod breaker;
mod draw;
mod edge;
mod evidence;
mod fleet;
mod intruder;
pub mod invariants;
mod kafka;
mod quiet;
mod replay;
mod report;
pub mod schedule;
mod servers;
mod shop;
mod shoppers;
mod tally;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use breaker::Breaker;
use evidence::{Evidence, Tables};
use invariants::{Broken, broken};
use schedule::Schedule;
use servers::Servers;
use shop::Shop;
use shoppers::Street;
use tally::Tally;

pub use report::Report;

/// `HOLD_DURATION`: short, so that orders expire within a run.
const HOLD: Duration = Duration::from_secs(15);
/// `MAIL_LEASE`.
const MAIL_LEASE: Duration = Duration::from_secs(6);
/// How long an order is claimed by a worker that may have been killed: order-service's own, and a little.
const CLAIMED: Duration = Duration::from_secs(50);

/// What to run.
#[derive(Debug, Clone)]
pub struct Options {
    pub seed: u64,
    /// How long things go wrong.
    pub length: Duration,
    /// How long the shop may take to come to rest, from the last fault or the last customer on.
    pub quiet: Duration,
    /// Where the logs go of a run that fails.
    pub logs: PathBuf,
}

/// Runs, and checks.
pub async fn run(options: &Options) -> Report {
    let length_ms = u64::try_from(options.length.as_millis()).expect("less than an eternity");
    let schedule = Schedule::of(options.seed, length_ms);
    let servers = Servers::start().await;
    let shop = Shop::start(&servers).await;
    let tally = Arc::new(Tally::default());
    let street = Street::new(
        shop.orders.url(""),
        shop.payments.url(""),
        Arc::clone(&shop.sandbox),
        Arc::clone(&tally),
    );
    let keeper = shop.fleet.keep(Arc::clone(&tally));
    let breaker = Breaker { fleet: &shop.fleet, servers: &servers, sandbox: &shop.sandbox, tally: &tally };
    let start = Instant::now();
    let breaking = async {
        breaker.run(&schedule, start).await;
        Instant::now()
    };
    let ((), last_fault) = tokio::join!(street.open(&schedule, start), breaking);
    // Until the last customer has gone, there is something new to do.
    let calm = Instant::now();
    tally.add_many("seconds customers went on", (calm - last_fault).as_secs());

    let mut found = come_to_rest(&shop, &servers, (calm, options.quiet), &tally).await;
    let evidence = Evidence::gather(&shop, &servers.brokers(), street.records()).await;
    found.extend(invariants::all(&evidence));
    found.extend(look_again(&shop, &servers, &evidence, options).await);
    drop(keeper);
    found.sort_by_key(|one| one.number);
    let report = Report::of(options, &tally, &evidence, found);
    if !report.broken.is_empty() {
        report::keep(options, &schedule, &report, &evidence, shop.fleet.logs().await);
    }
    report
}

/// Nothing is broken any more since `calm`: all of it has `bound`, the time that the design allows.
async fn come_to_rest(
    shop: &Shop,
    servers: &Servers,
    (calm, bound): (Instant, Duration),
    tally: &Tally,
) -> Vec<Broken> {
    let mut found = Vec::new();
    if let Err(waiting) = shop.fleet.ready(calm + bound).await {
        found.extend(broken(8, waiting));
    }
    // Webhooks were lost for good: what they told has to be found in Stripe's books.
    if let Err(late) = quiet::reconciled(shop, calm + bound).await {
        found.extend(broken(8, vec![late]));
    }
    match quiet::drained(shop, calm, bound).await {
        Ok(took) => tally.add_many("seconds to rest", took.as_secs()),
        Err(left) => found.extend(broken(8, left)),
    }
    if let Err(left) = replay::consumed(shop, servers).await {
        found.extend(broken(8, left));
    }
    // The last messages may have begun orders, which have their time.
    if let Err(left) = quiet::drained(shop, Instant::now(), bound).await {
        found.extend(broken(8, left));
    }
    found
}

/// What only shows when somebody tries: other people's orders, and everything once more.
async fn look_again(shop: &Shop, servers: &Servers, evidence: &Evidence, options: &Options) -> Vec<Broken> {
    let mut wrong = intruder::try_all(shop, evidence).await;
    let now = Tables::read(shop).await;
    let touched = now.changes_since(&evidence.tables, &[]);
    wrong.extend(touched.into_iter().filter(|change| change.starts_with("order-service/order")));
    let mut found = broken(10, wrong);
    match replay::replay(shop, servers, options.quiet).await {
        Ok(changes) => found.extend(broken(6, changes)),
        Err(left) => {
            found.extend(broken(8, left.into_iter().map(|one| format!("in the replay: {one}")).collect()))
        }
    }
    found
}
