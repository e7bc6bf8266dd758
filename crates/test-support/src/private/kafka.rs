//! A Kafka broker of a test's own.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rustix::process::Signal;
use tempfile::TempDir;

use super::process::Process;
use super::{Gate, port};
use crate::eventually;

/// A JVM's cold start on a loaded machine.
const START: Duration = Duration::from_secs(120);
/// The same as in `scripts/lib/kafka.sh`, which fetches it.
const VERSION: &str = "4.3.1";
/// The least a broker needs that a few tests' topics are on.
const JVM: [&str; 5] = ["-Xms96m", "-Xmx320m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto"];

/// A broker that only this test uses. It ends with the value, and its data with it.
#[derive(Debug)]
pub struct PrivateKafka {
    broker: Option<Process>,
    /// Where clients reach it: itself, or a gate in front.
    address: String,
    folder: TempDir,
}

impl PrivateKafka {
    /// Makes one and waits until it answers.
    pub async fn start() -> Self {
        let port = port::free();
        Self::with(port, port).await
    }

    /// The same behind `gate`: that is the address it gives its clients.
    pub async fn start_behind(gate: &Gate) -> Self {
        let port = port::free();
        gate.lead_to(port);
        Self::with(port, gate.port()).await
    }

    async fn with(port: u16, advertised: u16) -> Self {
        let folder = tempfile::Builder::new().prefix("kafka-").tempdir().expect("a temporary folder");
        let mut kafka = Self { broker: None, address: format!("127.0.0.1:{advertised}"), folder };
        kafka.format(port, advertised);
        kafka.restart().await;
        kafka
    }

    /// As `TEST_KAFKA_BROKERS` is.
    #[must_use]
    pub fn brokers(&self) -> &str {
        &self.address
    }

    /// Ends it in order.
    pub async fn stop(&mut self) {
        if let Some(mut broker) = self.broker.take() {
            broker.end(Signal::TERM, "Kafka").await;
        }
    }

    /// `kill -9`, and waits for the end.
    pub fn kill(&mut self) {
        if let Some(mut broker) = self.broker.take() {
            broker.end_now(Signal::KILL);
        }
    }

    /// Starts it again after [`stop`](Self::stop) or [`kill`](Self::kill), on the same port with the same data.
    pub async fn restart(&mut self) {
        if self.broker.is_none() {
            self.broker = Some(self.spawn());
        }
        eventually(START, "Kafka answers", async || {
            let ended = self.broker.as_mut().and_then(Process::has_ended);
            assert!(ended.is_none(), "Kafka ended: {ended:?}; its log: {}", self.log());
            let brokers = self.address.clone();
            tokio::task::spawn_blocking(move || answers(&brokers)).await.expect("asking does not panic")
        })
        .await;
    }

    /// What it wrote to its log.
    #[must_use]
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    fn spawn(&self) -> Process {
        let log = File::options().create(true).append(true).open(self.folder.path().join("log"));
        let log = log.expect("a log file");
        let mut java = Command::new("java");
        java.args(JVM).arg("-cp").arg(jars().join("*")).arg("-Dorg.slf4j.simpleLogger.defaultLogLevel=warn");
        java.arg("kafka.Kafka").arg(self.folder.path().join("server.properties")).stdin(Stdio::null());
        java.stdout(log.try_clone().expect("a second handle")).stderr(log);
        Process::new(java.spawn().expect("java can be run"))
    }

    /// What `kafka-storage format` writes, without starting a JVM for it.
    fn format(&self, port: u16, advertised: u16) {
        let folder = self.folder.path();
        let data = folder.join("data");
        std::fs::create_dir(&data).expect("a folder for the data");
        let meta =
            "version=1\nnode.id=1\ncluster.id=dGVuZGVyLXRlc3RzLTAwMA\ndirectory.id=dGVuZGVyLWRhdGEtMDAwMA\n";
        std::fs::write(data.join("meta.properties"), meta).expect("a file can be written");
        let properties = properties(port, advertised, &data);
        std::fs::write(folder.join("server.properties"), properties).expect("a file can be written");
    }
}

impl Drop for PrivateKafka {
    fn drop(&mut self) {
        self.kill();
    }
}

fn answers(brokers: &str) -> Result<(), String> {
    let mut settings = ClientConfig::new();
    settings.set("bootstrap.servers", brokers).set_log_level(rdkafka::config::RDKafkaLogLevel::Emerg);
    let client: BaseConsumer = settings.create().map_err(|error| error.to_string())?;
    let known = client.fetch_metadata(None, Duration::from_secs(5)).map_err(|error| error.to_string())?;
    if known.brokers().is_empty() { Err("no broker yet".to_owned()) } else { Ok(()) }
}

fn jars() -> PathBuf {
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let home = || PathBuf::from(std::env::var_os("HOME").expect("HOME is set")).join(".cache");
    let jars = cache.unwrap_or_else(home).join(format!("tender/kafka-{VERSION}/lib"));
    assert!(jars.is_dir(), "there is no {}: run `make test`, which fetches Kafka", jars.display());
    jars
}

fn properties(port: u16, advertised: u16, data: &Path) -> String {
    let controller = port::free();
    format!(
        "process.roles=broker,controller\n\
         node.id=1\n\
         controller.quorum.voters=1@127.0.0.1:{controller}\n\
         listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}\n\
         advertised.listeners=PLAINTEXT://127.0.0.1:{advertised}\n\
         controller.listener.names=CONTROLLER\n\
         inter.broker.listener.name=PLAINTEXT\n\
         listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT\n\
         log.dirs={}\n\
         auto.create.topics.enable=false\n\
         num.partitions=1\n\
         offsets.topic.num.partitions=1\n\
         offsets.topic.replication.factor=1\n\
         transaction.state.log.num.partitions=1\n\
         transaction.state.log.replication.factor=1\n\
         transaction.state.log.min.isr=1\n\
         group.initial.rebalance.delay.ms=0\n\
         group.min.session.timeout.ms=1000\n\
         log.segment.bytes=16777216\n\
         log.index.size.max.bytes=65536\n\
         log.cleaner.dedupe.buffer.size=8388608\n\
         num.network.threads=2\n\
         num.io.threads=2\n",
        data.display()
    )
}
