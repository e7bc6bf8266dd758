//! The workspace's binaries as processes, started and ended as an operator would.

mod control;
mod crash;
mod finished;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::{eventually, http_client};

pub use finished::Finished;

/// A cold start on a loaded machine, with migrations and topics to make.
const START: Duration = Duration::from_secs(60);
/// Longer than a test's `DRAIN_DELAY` and `SHUTDOWN_TIMEOUT` together.
const STOP: Duration = Duration::from_secs(40);
/// How much of a log is shown when a test fails.
const TAIL: usize = 80;

/// What to start.
#[derive(Debug, Clone)]
pub struct ServiceBuilder {
    binary: String,
    arguments: Vec<String>,
    environment: Vec<(String, String)>,
    ready: String,
}

impl ServiceBuilder {
    /// Adds a command-line argument.
    #[must_use]
    pub fn arg(mut self, argument: impl Into<String>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// Sets a variable. The process sees those set here and `PATH`; nothing else of the test's environment.
    #[must_use]
    pub fn env(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        let name = name.into();
        self.environment.retain(|(known, _)| *known != name);
        self.environment.push((name, value.into()));
        self
    }

    /// A variable as it is set.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&str> {
        self.environment.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Takes a variable away.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.environment.retain(|(known, _)| known != name);
        self
    }

    /// The path that answers 200 when the service is ready; `/readyz` unless set.
    #[must_use]
    pub fn ready_path(mut self, path: impl Into<String>) -> Self {
        self.ready = path.into();
        self
    }

    /// Starts it on a free port and waits until it is ready.
    ///
    /// # Panics
    /// When it ends before that or takes too long, with the end of its log.
    pub async fn start(self) -> Service {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut service = Service { child: self.spawn(folder.path(), 0), about: self, folder, port: 0 };
        service.wait_until_ready().await;
        service
    }

    fn spawn(&self, folder: &Path, port: u16) -> Child {
        let log = File::options().create(true).append(true).open(folder.join("log")).expect("a log file");
        let mut command = self.command(folder, port);
        command.stdout(log.try_clone().expect("a second handle")).stderr(log);
        command.spawn().unwrap_or_else(|error| panic!("{} does not start: {error}", self.binary))
    }

    fn command(&self, folder: &Path, port: u16) -> Command {
        let mut command = Command::new(binary(&self.binary));
        command.env_clear().args(&self.arguments).stdin(Stdio::null());
        for name in ["PATH", "RUST_LOG", "RUST_BACKTRACE"] {
            command.envs(std::env::var_os(name).map(|value| (name, value)));
        }
        command.env("HOST", "127.0.0.1").env("PORT", port.to_string()).env("PORT_FILE", folder.join("port"));
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }
}

/// A running binary. Dropped, it is killed; if the test is failing, the end of its log is shown.
#[derive(Debug)]
pub struct Service {
    about: ServiceBuilder,
    child: Child,
    folder: TempDir,
    port: u16,
}

impl Service {
    /// The workspace's binary `binary`, to be configured and started.
    pub fn builder(binary: impl Into<String>) -> ServiceBuilder {
        ServiceBuilder {
            binary: binary.into(),
            arguments: Vec::new(),
            environment: Vec::new(),
            ready: "/readyz".to_owned(),
        }
    }

    /// The binary's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.about.binary
    }

    /// The port it listens on.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// The URL of `path` (with its leading slash) here.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// What it wrote to standard output and error since its first start.
    #[must_use]
    pub fn log(&self) -> String {
        let bytes = std::fs::read(self.folder.path().join("log")).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// `kill -9`, and waits for the end.
    pub fn kill(&mut self) {
        // Fails only when it has ended already.
        let _ = self.child.kill();
        self.child.wait().expect("a child can be waited for");
    }

    /// Asks it to end (SIGTERM) and waits for that.
    ///
    /// # Panics
    /// When it does not end within its bound.
    pub async fn terminate(&mut self) -> ExitStatus {
        if self.is_running() {
            self.ask_to_end();
        }
        self.ended().await
    }

    /// Asks it to end (SIGTERM) and does not wait.
    ///
    /// # Panics
    /// When it has ended.
    pub fn ask_to_end(&self) {
        self.signal(Signal::TERM);
    }

    /// Waits for the end of a process that was asked to.
    ///
    /// # Panics
    /// When it does not end within its bound.
    pub async fn ended(&mut self) -> ExitStatus {
        self.wait(STOP).await
    }

    /// Stops it where it is (SIGSTOP), as a machine does that runs out of everything; it comes back by
    /// [`thaw`](Self::thaw).
    ///
    /// # Panics
    /// When it has ended.
    pub fn freeze(&self) {
        self.signal(Signal::STOP);
    }

    /// Lets it go on after [`freeze`](Self::freeze), not knowing that it was away.
    ///
    /// # Panics
    /// When it has ended.
    pub fn thaw(&self) {
        self.signal(Signal::CONT);
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).expect("a child can be signalled");
    }

    fn is_running(&mut self) -> bool {
        self.child.try_wait().expect("a child can be waited for").is_none()
    }

    /// Starts it again after [`kill`](Self::kill) or [`terminate`](Self::terminate), on the same port, with the
    /// same configuration.
    pub async fn restart(&mut self) {
        self.kill();
        let _ = std::fs::remove_file(self.port_file());
        self.child = self.about.spawn(self.folder.path(), self.port);
        self.wait_until_ready().await;
    }

    /// Its configuration, to start something else with: another replica or a command.
    #[must_use]
    pub fn again(&self) -> ServiceBuilder {
        self.about.clone()
    }

    /// Changes a variable; the next [`restart`](Self::restart) sees it.
    pub fn configure(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.about = self.about.clone().env(name, value);
    }

    async fn wait(&mut self, bound: Duration) -> ExitStatus {
        let name = self.name().to_owned();
        eventually(bound, format!("{name} ends"), async || {
            self.child.try_wait().expect("a child can be waited for")
        })
        .await
    }

    async fn wait_until_ready(&mut self) {
        let client = http_client();
        let what = format!("{} is ready", self.name());
        self.port = eventually(START, what, async || {
            if let Some(status) = self.child.try_wait().expect("a child can be waited for") {
                panic!("{} ended with {status} before it was ready", self.name());
            }
            let port = std::fs::read_to_string(self.port_file()).map_err(|_| "no port yet".to_owned())?;
            let port: u16 = port.trim().parse().map_err(|_| format!("no port: {port}"))?;
            let url = format!("http://127.0.0.1:{port}{}", self.about.ready);
            let answer = client.get(url).send().await.map_err(|error| error.to_string())?;
            if answer.status().is_success() { Ok(port) } else { Err(answer.text().await.unwrap_or_default()) }
        })
        .await;
    }

    fn port_file(&self) -> PathBuf {
        self.folder.path().join("port")
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.kill();
        if std::thread::panicking() {
            let log = self.log();
            let lines: Vec<&str> = log.lines().collect();
            let tail = &lines[lines.len().saturating_sub(TAIL)..];
            eprintln!("---- the end of {}'s log\n{}\n----", self.name(), tail.join("\n"));
        }
    }
}

/// `target/debug/NAME`, beside the running binary or, of a test binary, beside its folder.
fn binary(name: &str) -> PathBuf {
    let running = std::env::current_exe().expect("the running binary has a path");
    let mut folder = running.parent().expect("target/debug");
    if folder.ends_with("deps") {
        folder = folder.parent().expect("target/debug/deps");
    }
    let path = folder.join(name);
    assert!(
        path.is_file(),
        "there is no {}: run `make test`, which builds the binaries first",
        path.display()
    );
    path
}
