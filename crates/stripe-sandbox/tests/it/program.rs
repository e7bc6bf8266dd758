//! The binary: configured by the environment, told to stop by a signal.

use std::process::Stdio;
use std::time::Duration;

use tempfile::TempDir;
use test_support::eventually;
use tokio::process::{Child, Command};

use crate::support::SOON;

fn program(folder: &TempDir, vars: &[(&str, &str)]) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stripe-sandbox"));
    command.env_clear().env("PORT", "0").env("PORT_FILE", folder.path().join("port"));
    command.envs(vars.iter().copied()).stderr(Stdio::piped()).kill_on_drop(true);
    command.spawn().unwrap()
}

#[tokio::test]
async fn it_tells_its_port_and_stops_when_told() {
    let folder = TempDir::new().unwrap();
    let mut child = program(&folder, &[("SANDBOX_API_KEY", "sk_test_mine"), ("LOG_FORMAT", "json")]);
    let port =
        eventually(SOON, "the port file", async || std::fs::read_to_string(folder.path().join("port"))).await;
    let http = reqwest::Client::builder().timeout(SOON).build().unwrap();
    let events =
        http.get(format!("http://127.0.0.1:{port}/v1/events")).bearer_auth("sk_test_mine").send().await;
    assert_eq!(events.unwrap().status(), 200);
    // The shell's own: a slim image has no program of that name.
    let kill = format!("kill -TERM {}", child.id().unwrap());
    assert!(Command::new("sh").args(["-c", &kill]).status().await.unwrap().success());
    let status = tokio::time::timeout(SOON, child.wait()).await.unwrap().unwrap();
    assert!(status.success());
}

#[tokio::test]
async fn mistakes_in_the_configuration_end_it() {
    let folder = TempDir::new().unwrap();
    let child =
        program(&folder, &[("SANDBOX_WEBHOOK_URL", "http://127.0.0.1:9"), ("SANDBOX_SETTLE_AFTER", "soon")]);
    let output =
        tokio::time::timeout(Duration::from_secs(10), child.wait_with_output()).await.unwrap().unwrap();
    assert!(!output.status.success());
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("SANDBOX_WEBHOOK_SECRET") && told.contains("SANDBOX_SETTLE_AFTER"), "{told}");
}
