//! What notification-service can be told to do.

use std::sync::Arc;

use kernel::SystemClock;
use service_kit::command::{Applier, Job, NoCommand, Program};
use service_kit::env::{KafkaSettings, Reader};
use service_kit::shutdown;

use crate::config::{Config, LettersConfig, PORT};
use crate::events::GROUP;
use crate::startup;
use crate::store::migrations::Migrator;

/// notification-service as a program.
#[derive(Debug)]
pub struct NotificationService;

impl Program for NotificationService {
    const NAME: &'static str = GROUP;
    const ABOUT: &'static str = "Writes to the customer";
    const PORT: u16 = PORT;
    type Migrator = Migrator;
    type Command = NoCommand;

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
        let config = LettersConfig::read(read);
        Box::pin(async move { startup::applier(&config, Arc::new(SystemClock)).await })
    }

    fn run(command: NoCommand, _: &mut Reader<'_>) -> Job {
        match command {}
    }
}
