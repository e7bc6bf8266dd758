//! `order-service [serve | migrate | seed | create-topics]`

use std::process::ExitCode;
use std::sync::Arc;

use clap::{Parser, Subcommand};
use kernel::SystemClock;
use order_service::{Config, startup};
use service_kit::env::Env;
use service_kit::{shutdown, telemetry};

/// Catalogue, orders and their states.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Clone, Copy, Subcommand)]
enum Command {
    /// Serve requests, publish and consume events (the default).
    Serve,
    /// Bring the database's schema up to date.
    Migrate,
    /// Put the sample catalogue into the database.
    Seed,
    /// Create the Kafka topics this service uses.
    CreateTopics,
}

#[tokio::main]
async fn main() -> ExitCode {
    match start(Arguments::parse().command.unwrap_or(Command::Serve)).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("order-service: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn start(command: Command) -> anyhow::Result<()> {
    let config = Config::from_env(&Env::from_process())?;
    let guard = telemetry::init("order-service", &config.telemetry)?;
    let done = run(command, config).await;
    guard.shutdown().await;
    done
}

async fn run(command: Command, config: Config) -> anyhow::Result<()> {
    let clock = Arc::new(SystemClock);
    match command {
        Command::Serve => {
            let shutdown = shutdown::on_signal()?;
            startup::build(config, clock).await?.run(shutdown).await
        }
        Command::Migrate => startup::migrate(&config).await,
        Command::Seed => {
            let added = startup::seed_catalogue(&config, clock).await?;
            tracing::info!(added, "sample catalogue");
            Ok(())
        }
        Command::CreateTopics => startup::create_all_topics(&config).await,
    }
}
