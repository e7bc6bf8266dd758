//! A PostgreSQL server of a test's own.

use std::fs::File;
use std::io::Write;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use rustix::process::{Signal, geteuid};
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DbErr};
use tempfile::TempDir;

use super::disk::Disk;
use super::port;
use super::process::Process;
use crate::eventually;

const START: Duration = Duration::from_secs(60);
/// No durability against power loss (tests kill processes, not machines), little memory.
const SETTINGS: [&str; 11] = [
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "fsync=off",
    "full_page_writes=off",
    "shared_buffers=8MB",
    "dynamic_shared_memory_type=mmap",
    // Its shared memory is a file: a question in parallel needs room on a disk that may be full.
    "max_parallel_workers_per_gather=0",
    "max_connections=100",
    "wal_level=minimal",
    "max_wal_senders=0",
    "log_min_messages=warning",
];

/// A PostgreSQL server that only this test uses. It ends with the value, and leaves nothing behind.
#[derive(Debug)]
pub struct PrivatePostgres {
    server: Option<Process>,
    port: u16,
    programs: PathBuf,
    disk: Option<Disk>,
    folder: TempDir,
}

impl PrivatePostgres {
    /// Makes one and waits until it answers.
    pub async fn start() -> Self {
        Self::with(folder(), None).await
    }

    /// The same with its tables on a disk of its own of this size, its log of changes elsewhere. An empty server takes
    /// about 25 MB, and every database 8 MB. `None` where this user may not mount.
    pub async fn on_a_disk_of(megabytes: u32) -> Option<Self> {
        let folder = folder();
        let disk = Disk::mount(&folder.path().join("disk"), megabytes)?;
        Some(Self::with(folder, Some(disk)).await)
    }

    async fn with(folder: TempDir, disk: Option<Disk>) -> Self {
        let mut server = Self { server: None, port: port::free(), programs: programs(), disk, folder };
        server.initialize();
        server.restart().await;
        server
    }

    /// The URL of the database that others are made from, as `TEST_DATABASE_URL` is.
    #[must_use]
    pub fn url(&self) -> String {
        format!("postgres://tender:tender@127.0.0.1:{}/postgres", self.port)
    }

    /// Ends it in order: connections are closed, everything is written.
    pub async fn stop(&mut self) {
        if let Some(mut server) = self.server.take() {
            server.end(Signal::INT, "PostgreSQL").await;
        }
    }

    /// `kill -9`: what was committed comes back with [`restart`](Self::restart), by recovery.
    pub fn kill(&mut self) {
        if let Some(mut server) = self.server.take() {
            server.end_now(Signal::KILL);
        }
    }

    /// Starts it again after [`stop`](Self::stop) or [`kill`](Self::kill), on the same port with the same data.
    pub async fn restart(&mut self) {
        eventually(START, "PostgreSQL answers", async || {
            // The processes of a killed server need a moment to notice; until then a new one ends at once.
            if self.server.as_mut().is_none_or(|server| server.has_ended().is_some()) {
                self.server = Some(self.spawn());
            }
            self.run("SELECT 1").await.map_err(|error| format!("{error}; its log: {}", self.log()))
        })
        .await;
    }

    /// Ends all connections to it; new ones can be made at once.
    ///
    /// # Panics
    /// When it does not answer.
    pub async fn cut_connections(&self) {
        let cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() \
                   AND backend_type = 'client backend'";
        self.run(cut).await.unwrap_or_else(|error| panic!("`{cut}`: {error}"));
    }

    /// Takes all the room there is left on its small disk.
    ///
    /// # Panics
    /// When it has none of its own.
    pub fn fill_the_disk(&self) {
        assert!(self.disk.is_some(), "only a small disk can be filled");
        let mut filler = File::create(self.filler()).expect("a file can be made");
        let mut chunk = vec![0_u8; 1 << 16];
        while !chunk.is_empty() {
            if filler.write_all(&chunk).is_err() {
                chunk.truncate(chunk.len() / 2);
            }
        }
    }

    /// Gives that room back.
    ///
    /// # Panics
    /// When it was not taken.
    pub fn empty_the_disk(&self) {
        std::fs::remove_file(self.filler()).expect("the disk was filled");
    }

    fn filler(&self) -> PathBuf {
        self.folder.path().join("disk/filler")
    }

    /// What it wrote to its log.
    #[must_use]
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    async fn run(&self, sql: &str) -> Result<(), DbErr> {
        let mut options = ConnectOptions::new(self.url());
        options.max_connections(1).acquire_timeout(Duration::from_secs(2)).sqlx_logging(false);
        let connection = Database::connect(options).await?;
        connection.execute_unprepared(sql).await?;
        connection.close().await
    }

    fn initialize(&self) {
        let folder = self.folder.path();
        let output = self
            .command("initdb")
            .arg("--pgdata")
            .arg(self.data())
            .arg("--waldir")
            .arg(folder.join("wal"))
            .args(["--wal-segsize=1", "--username=tender", "--auth=trust", "--encoding=UTF8", "--locale=C"])
            .args(["--no-sync", "--no-instructions"])
            .output()
            .expect("initdb can be run");
        assert!(output.status.success(), "initdb: {}", String::from_utf8_lossy(&output.stderr));
    }

    fn spawn(&self) -> Process {
        let log = File::options().create(true).append(true).open(self.folder.path().join("log"));
        let log = log.expect("a log file");
        let mut command = self.command("postgres");
        command.arg("-D").arg(self.data()).args(["-p", &self.port.to_string()]);
        command.args(SETTINGS.iter().flat_map(|setting| ["-c", setting]));
        command.stdout(log.try_clone().expect("a second handle")).stderr(log);
        Process::new(command.spawn().expect("postgres can be run"))
    }

    /// As the user `postgres` when we are root: it refuses to run as root.
    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.programs.join(program));
        command.current_dir("/").env_clear().env("LC_ALL", "C").stdin(Stdio::null());
        command.envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
        if let Some((user, group)) = owner() {
            command.uid(user).gid(group);
        }
        command
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join(if self.disk.is_some() { "disk/data" } else { "data" })
    }

    /// A server that was killed leaves its lock on the data, a segment of shared memory, to its successor.
    fn remove_shared_memory(&self) {
        let about = std::fs::read_to_string(self.data().join("postmaster.pid")).unwrap_or_default();
        if let Some(id) = about.lines().nth(6).and_then(|line| line.split_whitespace().nth(1)) {
            let _ = Command::new("ipcrm").args(["-m", id]).stderr(Stdio::null()).status();
        }
    }
}

impl Drop for PrivatePostgres {
    fn drop(&mut self) {
        if let Some(server) = &mut self.server {
            // Its immediate shutdown: all its processes end, and the shared memory goes.
            server.end_now(Signal::QUIT);
        }
        self.remove_shared_memory();
    }
}

fn folder() -> TempDir {
    let folder = tempfile::Builder::new().prefix("postgres-").tempdir().expect("a temporary folder");
    if let Some((user, group)) = owner() {
        chown(folder.path(), Some(user), Some(group)).expect("root can give a folder away");
    }
    folder
}

/// User and group of the server, when we are root.
fn owner() -> Option<(u32, u32)> {
    geteuid().is_root().then(|| (id_of("-u"), id_of("-g")))
}

fn id_of(kind: &str) -> u32 {
    let output = Command::new("id").args([kind, "postgres"]).output().expect("`id` can be run");
    let id = String::from_utf8_lossy(&output.stdout).trim().parse();
    id.expect("PostgreSQL refuses to run as root: there has to be a user `postgres`")
}

/// Where `initdb` and `postgres` are; `scripts/lib/postgres.sh` installs and finds them in the same places.
fn programs() -> PathBuf {
    let configured = Command::new("pg_config").arg("--bindir").output().ok();
    let configured = configured.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    let mut known: Vec<PathBuf> = ["/usr/lib/postgresql", "/usr"]
        .iter()
        .filter_map(|folder| std::fs::read_dir(folder).ok())
        .flat_map(|entries| entries.filter_map(|entry| Some(entry.ok()?.path().join("bin"))))
        .collect();
    known.sort();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let candidates = configured.map(PathBuf::from).into_iter().chain(known.into_iter().rev());
    let found = candidates.chain(std::env::split_paths(&path)).find(|folder| is_complete(folder));
    found.expect("PostgreSQL's server programs are installed: run `make test`, which sees to that")
}

fn is_complete(folder: &Path) -> bool {
    ["initdb", "postgres"].iter().all(|program| folder.join(program).is_file())
}
