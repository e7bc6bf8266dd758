//! When to end: the first SIGTERM or SIGINT asks, the second one insists.

use tokio_util::sync::CancellationToken;

/// The status of a process that was told twice to end.
const HARD_EXIT: i32 = 130;

/// A token that is cancelled by the first SIGTERM or SIGINT. The second one ends the process at once.
///
/// # Errors
/// When signals cannot be listened to.
pub fn on_signal() -> std::io::Result<CancellationToken> {
    let token = CancellationToken::new();
    let soft = token.clone();
    let mut signals = Signals::listen()?;
    tokio::spawn(async move {
        let signal = signals.next().await;
        tracing::info!(signal, "shutting down");
        soft.cancel();
        let signal = signals.next().await;
        tracing::warn!(signal, "told twice to end; ending now");
        std::process::exit(HARD_EXIT);
    });
    Ok(token)
}

#[cfg(unix)]
struct Signals {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn listen() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn listen() -> std::io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) -> &'static str {
        // An error means that there is no console to interrupt from; then nothing ever comes.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        "interrupt"
    }
}
