//! Messages that cannot be applied, and webhooks that do not fit: nobody waits for them, nothing is lost, and people
//! settle them with the services' own commands.

mod poison;
mod quarantine;
mod versions;

use test_support::{Finished, Service};

/// Runs a command beside the service, with the service's own environment.
async fn command(service: &Service, line: &[&str]) -> Finished {
    let line = line.iter().copied();
    line.fold(service.again(), |builder, word| builder.arg(word)).env("USER", "ada").finish().await
}

/// What it answered; it has to succeed.
async fn answer(service: &Service, line: &[&str]) -> String {
    let done = command(service, line).await;
    assert!(done.status.success(), "{line:?}: {done:?}");
    done.stdout
}

/// What it answered; it has to say by its status that something is left.
async fn refusal(service: &Service, line: &[&str]) -> String {
    let done = command(service, line).await;
    assert_eq!(done.status.code(), Some(1), "{line:?}: {done:?}");
    done.stdout
}
