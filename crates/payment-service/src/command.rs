//! What payment-service can be told to do.

mod reconcile;

use std::sync::Arc;

use clap::Subcommand;
use kernel::SystemClock;
use service_kit::command::{Applier, Job, Program};
use service_kit::env::{KafkaSettings, Reader};
use service_kit::shutdown;

use crate::config::{Config, CoreConfig, PORT};
use crate::events::GROUP;
use crate::quarantine;
use crate::startup;
use crate::store::Migrator;

/// What only payment-service can be told to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Brings the database in line with Stripe; ends with 0 if nothing remains.
    Reconcile(reconcile::Reconcile),
    /// Webhooks of Stripe's that do not fit: looks at them, applies them after all, or dismisses them.
    #[command(subcommand)]
    Quarantine(quarantine::Command),
}

/// payment-service as a program.
#[derive(Debug)]
pub struct PaymentService;

impl Program for PaymentService {
    const NAME: &'static str = GROUP;
    const ABOUT: &'static str = "Takes payments on Stripe and publishes what became of them";
    const PORT: u16 = PORT;
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
        Box::pin(async move { startup::applier(config, Arc::new(SystemClock)).await })
    }

    fn run(command: Command, read: &mut Reader<'_>) -> Job {
        match command {
            Command::Reconcile(wanted) => reconcile::job(wanted, read),
            Command::Quarantine(command) => quarantine::job(command, read),
        }
    }
}
