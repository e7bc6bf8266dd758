//! `stripe-sandbox`: a stand-alone sandbox, configured by the environment.
//!
//! `HOST` (127.0.0.1), `PORT` (12111; 0 takes a free one), `PORT_FILE`, `SANDBOX_API_KEY` (sk_test_sandbox),
//! `SANDBOX_WEBHOOK_URL` with `SANDBOX_WEBHOOK_SECRET`, `SANDBOX_PUBLIC_URL`, `SANDBOX_SETTLE_AFTER` (2s),
//! `LOG_FORMAT` (`json` or `pretty`), `RUST_LOG`.

use std::io::IsTerminal as _;

use anyhow::Context as _;
use stripe_sandbox::{Config, Sandbox};
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let var = |name: &str| std::env::var(name).ok();
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let logs = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let logs = if std::io::stderr().is_terminal() { logs } else { logs.with_ansi(false) };
    if var("LOG_FORMAT").is_some_and(|format| format == "json") {
        logs.json().init();
    } else {
        logs.init();
    }
    let mut terminate = signal(SignalKind::terminate()).context("no signal handler")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("no signal handler")?;
    let running = Sandbox::start(Config::from_vars(var)?).await?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!("stopping");
    running.stop().await;
    Ok(())
}
