//! SIGTERM asks the process to end.

use std::time::Duration;

use rustix::process::{Signal, getpid, kill_process};

#[tokio::test]
async fn the_first_sigterm_cancels_the_token() {
    let shutdown = service_kit::shutdown::on_signal().unwrap();
    assert!(!shutdown.is_cancelled());
    kill_process(getpid(), Signal::TERM).unwrap();
    tokio::time::timeout(Duration::from_secs(10), shutdown.cancelled()).await.unwrap();
}
