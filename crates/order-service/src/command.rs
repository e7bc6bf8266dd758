//! What order-service can be told to do.

use std::sync::Arc;

use clap::Subcommand;
use kernel::SystemClock;
use service_kit::command::{Applier, Job, Program, print};
use service_kit::env::{KafkaSettings, Reader};
use service_kit::shutdown;

use crate::config::{Config, CoreConfig};
use crate::events::GROUP;
use crate::startup;
use crate::store::Migrator;

/// order-service as a program.
#[derive(Debug)]
pub struct OrderService;

/// Its own commands.
#[derive(Debug, Clone, Copy, Subcommand)]
pub enum Command {
    /// Puts the sample catalogue into the database and ends.
    Seed,
}

impl Program for OrderService {
    const NAME: &'static str = GROUP;
    const ABOUT: &'static str = "Catalogue, orders and their states";
    const PORT: u16 = crate::config::PORT;
    type Migrator = Migrator;
    type Command = Command;

    fn serve(read: &mut Reader<'_>) -> Job {
        let config = Config::read(read);
        Box::pin(async move {
            let shutdown = shutdown::on_signal()?;
            startup::build(config, Arc::new(SystemClock)).await?.run(shutdown).await
        })
    }

    fn create_topics(kafka: KafkaSettings) -> Job {
        Box::pin(async move { startup::create_topics(&kafka).await })
    }

    fn applier(read: &mut Reader<'_>) -> Job<Applier> {
        let config = CoreConfig::read(read);
        Box::pin(async move { startup::applier(&config, Arc::new(SystemClock)).await })
    }

    fn run(Command::Seed: Command, read: &mut Reader<'_>) -> Job {
        let config = CoreConfig::read(read);
        Box::pin(async move {
            let added = startup::seed_catalogue(&config, Arc::new(SystemClock)).await?;
            Ok(print(&format!("{added} products were missing and are there now\n"))?)
        })
    }
}
