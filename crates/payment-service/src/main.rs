//! `payment-service [serve|migrate|create-topics]`, configured by the environment.

use std::process::ExitCode;
use std::sync::Arc;

use clap::{Parser, Subcommand};
use kernel::SystemClock;
use payment_service::{Config, startup};
use service_kit::env::Env;
use service_kit::{shutdown, telemetry};

/// Takes payments on Stripe and publishes what became of them.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand, Clone, Copy)]
enum Command {
    /// Runs the service (the default).
    Serve,
    /// Brings the database to the newest schema and ends.
    Migrate,
    /// Creates the topics it publishes and reads, and the one for its dead letters, and ends.
    CreateTopics,
}

#[tokio::main]
async fn main() -> ExitCode {
    let command = Arguments::parse().command.unwrap_or(Command::Serve);
    match run(command).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(error = format!("{error:#}"), "ended");
            eprintln!("payment-service: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command) -> anyhow::Result<()> {
    let config = Config::from_env(&Env::from_process())?;
    let guard = telemetry::init("payment-service", &config.telemetry)?;
    let result = match command {
        Command::Serve => serve(config).await,
        Command::Migrate => startup::migrate(&config.database).await,
        Command::CreateTopics => startup::create_topics(&config.kafka).await,
    };
    guard.shutdown().await;
    result
}

async fn serve(config: Config) -> anyhow::Result<()> {
    let shutdown = shutdown::on_signal()?;
    startup::build(config, Arc::new(SystemClock)).await?.run(shutdown).await
}
