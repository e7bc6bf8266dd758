//! The proxy in front of the services, with the configuration that is shipped.

use std::fs::File;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;
use test_support::{Service, eventually, http_client};

use super::SOON;

/// Below the kernel's range for outgoing connections.
const FIRST_PORT: u16 = 20_000;
const PORTS: u16 = 12_000;

/// HAProxy; dropped, it is killed.
pub struct Edge {
    child: Child,
    folder: TempDir,
    public: u16,
    internal: u16,
}

impl Edge {
    /// In front of two replicas of each; `haproxy` has to be installed.
    pub async fn start(orders: [&Service; 2], payments: [&Service; 2]) -> Self {
        let servers = [
            ("ORDER_1", orders[0]),
            ("ORDER_2", orders[1]),
            ("PAYMENT_1", payments[0]),
            ("PAYMENT_2", payments[1]),
        ];
        let folder = tempfile::tempdir().unwrap();
        let (public, internal) = (free_port(), free_port());
        let log = File::create(folder.path().join("log")).unwrap();
        let mut command = Command::new(program());
        command
            .args(["-db", "-f", concat!(env!("CARGO_MANIFEST_DIR"), "/../deploy/edge/haproxy.cfg")])
            .env_clear()
            .env("EDGE_BIND", address(public))
            .env("INTERNAL_BIND", address(internal))
            .envs(servers.map(|(name, service)| (name, address(service.port()))))
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log);
        let child = command.spawn().expect("haproxy starts: `make test` installs it");
        let edge = Self { child, folder, public, internal };
        let client = http_client();
        eventually(SOON, "the edge is ready", async || {
            let answer =
                client.get(edge.url("/edge/readyz")).send().await.map_err(|error| error.to_string())?;
            if answer.status().is_success() { Ok(()) } else { Err(edge.log()) }
        })
        .await;
        edge
    }

    /// The URL of `path` (with its leading slash) for customers.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", address(self.public))
    }

    /// Where order-service finds payment-service.
    pub fn internal(&self) -> String {
        format!("http://{}/", address(self.internal))
    }

    /// How often a server was found to be (`UP`, `DOWN`) since the start.
    pub fn found(&self, server: &str, state: &str) -> usize {
        let told = format!("Server {server} is {state}");
        self.log().lines().filter(|line| line.starts_with(&told)).count()
    }

    /// What it wrote: a line for every request and for every change of a server.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap()
    }
}

impl Drop for Edge {
    fn drop(&mut self) {
        let _ = self.child.kill();
        self.child.wait().unwrap();
        if std::thread::panicking() {
            let log = self.log();
            let bad = log.lines().filter(|line| !line.contains("\"status\":200"));
            eprintln!(
                "---- the edge's log, without what went well\n{}\n----",
                bad.collect::<Vec<_>>().join("\n")
            );
        }
    }
}

fn address(port: u16) -> String {
    format!("127.0.0.1:{port}")
}

/// Where Debian puts it is not on everybody's path.
fn program() -> PathBuf {
    let usual = Path::new("/usr/sbin/haproxy");
    if usual.is_file() { usual.to_owned() } else { PathBuf::from("haproxy") }
}

fn free_port() -> u16 {
    let free = |port: &u16| TcpListener::bind(("127.0.0.1", *port)).is_ok();
    let any = || FIRST_PORT + u16::from_be_bytes(kernel::random::bytes()) % PORTS;
    std::iter::repeat_with(any).take(100).find(free).expect("a free port")
}
