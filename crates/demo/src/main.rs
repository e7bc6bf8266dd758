//! The whole shop in one process, for people to try: SQLite files, an in-process broker, the Stripe sandbox and
//! the three services. Walks through five purchases by the public API, checks every step, and stays up.
//!
//! It shows how things work and proves nothing about concurrency: the tests do, on PostgreSQL and Kafka.

mod guide;
mod mails;
mod parts;
mod shopper;
mod timeline;
mod walk;
mod window;
mod wiretap;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use parts::{Account, Shop};
use timeline::Timeline;
use walk::Walk;

/// The whole shop on this machine: walks through purchases, then stays up until Ctrl-C.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Ends after the walk: with status 0 if every step held.
    #[arg(long)]
    once: bool,
    /// Skips the walk and only starts everything.
    #[arg(long, conflicts_with = "once")]
    no_walk: bool,
    /// Where databases and mails are kept; emptied at the start.
    #[arg(long, default_value = ".local/demo")]
    folder: PathBuf,
    #[command(flatten)]
    account: Account,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let timeline = Timeline::to_stdout();
    match run(&arguments, &timeline).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            timeline.broken(&error);
            ExitCode::FAILURE
        }
    }
}

/// Whether every step held.
async fn run(arguments: &Arguments, timeline: &Timeline) -> anyhow::Result<bool> {
    let shutdown = service_kit::shutdown::on_signal()?;
    let shop = tokio::select! {
        shop = Shop::open(&arguments.folder, &arguments.account, timeline) => shop?,
        () = shutdown.cancelled() => return Ok(false),
    };
    guide::introduce(timeline, &shop);
    timeline.line("Waiting for the consumers to join their groups …");
    tokio::select! {
        ready = shop.events.ready() => ready?,
        () = shutdown.cancelled() => return Ok(false),
    }
    let held = tokio::select! {
        held = tour(arguments, timeline, &shop) => held?,
        () = shutdown.cancelled() => false,
    };
    let interrupted = shutdown.is_cancelled();
    if !arguments.once && !interrupted {
        guide::invite(timeline, &shop).await?;
        let failed = tokio::select! {
            failed = shop.failed() => failed,
            () = shutdown.cancelled() => None,
        };
        timeline.line("");
        timeline.line("Closing the shop.");
        shop.close().await?;
        return failed.map_or(Ok(held), Err);
    }
    shop.close().await?;
    Ok(held && !interrupted)
}

async fn tour(arguments: &Arguments, timeline: &Timeline, shop: &Shop) -> anyhow::Result<bool> {
    if arguments.no_walk || !shop.has_sandbox() {
        return Ok(true);
    }
    let walk = Walk::new(shop, timeline)?;
    tokio::select! {
        held = walk.through() => held,
        failed = shop.failed() => Err(failed.unwrap_or_else(|| anyhow::anyhow!("a service ended"))),
    }
}
