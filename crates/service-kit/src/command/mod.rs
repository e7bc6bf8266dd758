//! The command line that all services have in common, and the beginning and end of their processes.
//!
//! `SERVICE [serve | migrate | create-topics | healthcheck | …]`: what a command needs of the environment it reads itself, so that
//! a job that only migrates is given a database and nothing else. Whatever it lacks is told at once.

mod dead_letters;
mod healthcheck;
mod operator;
pub mod text;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use futures::future::BoxFuture;
use sea_orm_migration::MigratorTrait;

pub use dead_letters::Applier;
pub use operator::By;

use crate::database;
use crate::env::{ConfigErrors, DatabaseConfig, Env, HttpConfig, KafkaSettings, Reader};
use crate::telemetry::{self, TelemetryConfig};

/// What a command does once its settings are read.
pub type Job<T = ()> = BoxFuture<'static, anyhow::Result<T>>;

/// A service as a program. The methods read what they need; their jobs run only if nothing was missing.
pub trait Program {
    /// The service's name: the program's, the consumer group's and what logs and databases show.
    const NAME: &'static str;
    /// What it is for, in a few words.
    const ABOUT: &'static str;
    /// Where it listens unless `PORT` says otherwise.
    const PORT: u16;
    /// Its schema.
    type Migrator: MigratorTrait;
    /// What only this service can be told to do.
    type Command: Subcommand;

    /// Runs the service until SIGTERM.
    fn serve(read: &mut Reader<'_>) -> Job;

    /// Creates the topics the service uses.
    fn create_topics(kafka: KafkaSettings) -> Job;

    /// Makes what applies messages, as its consumer does: for dead letters.
    fn applier(read: &mut Reader<'_>) -> Job<Applier>;

    /// Runs one of its own commands.
    fn run(command: Self::Command, read: &mut Reader<'_>) -> Job;
}

/// For services without commands of their own.
#[derive(Debug, Clone, Copy, Subcommand)]
pub enum NoCommand {}

#[derive(Parser)]
#[command(version)]
struct Arguments<C: Subcommand> {
    #[command(subcommand)]
    command: Option<Command<C>>,
}

#[derive(Subcommand)]
enum Command<C: Subcommand> {
    /// Runs the service (the default).
    Serve,
    /// Brings the database to the newest schema and ends.
    Migrate,
    /// Creates the topics it publishes and reads, and the one for its dead letters, and ends.
    CreateTopics,
    /// Asks the service on this machine whether it is ready, and fails if not.
    Healthcheck,
    /// Messages that were given up: looks at them, applies them after all, or dismisses them.
    #[command(subcommand)]
    DeadLetters(dead_letters::Command),
    #[command(flatten)]
    Own(C),
}

/// The whole of a service's `main`: does what the command line says, by the environment's settings.
pub async fn main<P: Program>() -> ExitCode {
    let line = Arguments::<P::Command>::command().name(P::NAME).about(P::ABOUT);
    let arguments = Arguments::from_arg_matches(&line.get_matches());
    let command = arguments.unwrap_or_else(|error| error.exit()).command.unwrap_or(Command::Serve);
    match run::<P>(command, &Env::from_process()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{}: {error:#}", P::NAME);
            ExitCode::FAILURE
        }
    }
}

/// Writes a command's answer to standard output. Whoever stopped reading has seen enough.
///
/// # Errors
/// When it cannot be written.
pub fn print(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

async fn run<P: Program>(command: Command<P::Command>, env: &Env) -> anyhow::Result<()> {
    let serves = matches!(command, Command::Serve);
    let quiet = matches!(command, Command::Healthcheck);
    let (telemetry, job) = prepare::<P>(command, env)?;
    if quiet {
        // Asked every few seconds: its own traces would tell nothing.
        return job.await;
    }
    // What a command answers is alone on standard output.
    let guard = if serves {
        telemetry::init(P::NAME, &telemetry)?
    } else {
        telemetry::init_on_stderr(P::NAME, &telemetry)?
    };
    let done = job.await;
    if let (true, Err(error)) = (serves, &done) {
        tracing::error!(error = format!("{error:#}"), "ended");
    }
    guard.shutdown().await;
    done
}

fn prepare<P: Program>(
    command: Command<P::Command>,
    env: &Env,
) -> Result<(TelemetryConfig, Job), ConfigErrors> {
    let mut read = Reader::new(env);
    let telemetry = TelemetryConfig::read(&mut read);
    let job = match command {
        Command::Serve => P::serve(&mut read),
        Command::Migrate => {
            let config = DatabaseConfig::read(&mut read);
            Box::pin(async move { database::migrate::<P::Migrator>(&config, P::NAME).await })
        }
        Command::CreateTopics => P::create_topics(KafkaSettings::read(&mut read)),
        Command::Healthcheck => {
            let http = HttpConfig::read(&mut read, P::PORT);
            Box::pin(async move { healthcheck::ask(&http.host, http.port).await })
        }
        Command::DeadLetters(command) => dead_letters::job::<P>(command, &mut read),
        Command::Own(command) => P::run(command, &mut read),
    };
    read.finish((telemetry, job))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Shop;

    #[derive(Subcommand)]
    enum Own {
        Sell,
    }

    struct Migrator;

    impl MigratorTrait for Migrator {
        fn migrations() -> Vec<Box<dyn sea_orm_migration::MigrationTrait>> {
            Vec::new()
        }
    }

    impl Program for Shop {
        const NAME: &'static str = "shop";
        const ABOUT: &'static str = "Sells";
        const PORT: u16 = 3000;
        type Migrator = Migrator;
        type Command = Own;

        fn serve(read: &mut Reader<'_>) -> Job {
            DatabaseConfig::read(read);
            read.required("TILL");
            Box::pin(async { Ok(()) })
        }

        fn create_topics(_: KafkaSettings) -> Job {
            Box::pin(async { Ok(()) })
        }

        fn applier(read: &mut Reader<'_>) -> Job<Applier> {
            read.required("TILL");
            Box::pin(async { anyhow::bail!("not in this test") })
        }

        fn run(Own::Sell: Own, read: &mut Reader<'_>) -> Job {
            read.required("GOODS");
            Box::pin(async { Ok(()) })
        }
    }

    fn missing(line: &[&str]) -> Vec<String> {
        let arguments = Arguments::<Own>::try_parse_from([&["shop"], line].concat()).unwrap();
        let env = Env::default();
        let prepared = prepare::<Shop>(arguments.command.unwrap_or(Command::Serve), &env);
        prepared.err().map_or_else(Vec::new, |errors| errors.0.into_iter().map(|one| one.name).collect())
    }

    #[test]
    fn letters_to_replay_have_to_be_named() {
        let line = |rest: &[&str]| {
            Arguments::<Own>::try_parse_from([&["shop", "dead-letters", "replay"], rest].concat()).is_ok()
        };
        assert!(
            line(&["1", "2"]) && line(&["--all"]) && line(&["--order", "o"]) && line(&["1", "--order", "o"])
        );
        assert!(!line(&[]) && !line(&["1", "--all"]));
    }

    #[test]
    fn a_command_needs_what_it_uses_and_tells_all_of_it_at_once() {
        assert_eq!(missing(&[]), ["DATABASE_URL", "TILL"]);
        assert_eq!(missing(&["serve"]), ["DATABASE_URL", "TILL"]);
        assert_eq!(missing(&["migrate"]), ["DATABASE_URL"]);
        assert_eq!(missing(&["create-topics"]), [""; 0]);
        assert_eq!(missing(&["healthcheck"]), [""; 0]);
        assert_eq!(missing(&["sell"]), ["GOODS"]);
        assert_eq!(missing(&["dead-letters", "list"]), ["DATABASE_URL"]);
        assert_eq!(missing(&["dead-letters", "dismiss", "1", "--reason", "old"]), ["DATABASE_URL"]);
        assert_eq!(missing(&["dead-letters", "replay", "--all"]), ["TILL"]);
    }
}
