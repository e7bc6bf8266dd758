//! A gate in front of a server: open, refusing, hanging, deaf, or falling shut at a chosen word.

use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{oneshot, watch};

use super::pipe::Pipe;
use super::port;
use crate::eventually;

/// How long the last holder of a closed socket may take to let go of it.
const CLOSED: Duration = Duration::from_secs(30);

/// How a gate lets through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Open,
    Refuse,
    Hang,
    Deaf,
}

/// When a connection is cut, seen from what the client has sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// The server never sees it.
    BeforeItArrives,
    /// The server has done it; the client never sees the answer.
    BeforeTheAnswer,
}

/// Words that have to come one after the other on one connection.
#[derive(Debug)]
pub(super) struct Trap {
    words: Vec<Vec<u8>>,
    moment: Moment,
}

/// What the gate's owner and its connections share.
#[derive(Debug)]
pub(super) struct Shared {
    target: Mutex<u16>,
    pub(super) way: watch::Sender<Way>,
    /// Connections of an earlier number are cut.
    pub(super) cuts: watch::Sender<u64>,
    /// Connections of an earlier number are dead, and nobody says so.
    mutes: watch::Sender<u64>,
    listening: watch::Sender<bool>,
    trap: Mutex<Option<Trap>>,
    sprung: Mutex<usize>,
    connections: AtomicUsize,
}

impl Shared {
    /// Whether the trap falls shut with `sent`, after the `met` words this connection has met already.
    pub(super) fn springs(&self, sent: &[u8], met: &mut usize) -> Option<Moment> {
        let mut trap = lock(&self.trap);
        let Some(armed) = trap.as_ref() else {
            *met = 0;
            return None;
        };
        while armed.words.get(*met).is_some_and(|word| sent.windows(word.len()).any(|part| part == word)) {
            *met += 1;
        }
        if *met < armed.words.len() {
            return None;
        }
        *lock(&self.sprung) += 1;
        trap.take().map(|trap| trap.moment)
    }
}

/// A TCP proxy on a port of its own, with a thread of its own: it works while the test's thread waits.
#[derive(Debug)]
pub struct Gate {
    port: u16,
    shared: Arc<Shared>,
    end: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Gate {
    /// An open gate that leads nowhere yet.
    #[must_use]
    pub fn new() -> Self {
        let port = port::free();
        let shared = Arc::new(Shared {
            target: Mutex::new(0),
            way: watch::Sender::new(Way::Open),
            cuts: watch::Sender::new(0),
            mutes: watch::Sender::new(0),
            listening: watch::Sender::new(false),
            trap: Mutex::default(),
            sprung: Mutex::default(),
            connections: AtomicUsize::new(0),
        });
        let (end, ended) = oneshot::channel();
        let (inside, listening) = (Arc::clone(&shared), shared.listening.subscribe());
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime for the gate").block_on(async {
                tokio::select! {
                    () = serve(port, &inside) => {}
                    _ = ended => {}
                }
            });
        });
        let gate = Self { port, shared, end: Some(end), thread: Some(thread) };
        while !*listening.borrow() {
            std::thread::park_timeout(Duration::from_millis(1));
        }
        gate
    }

    /// A gate in front of this port of 127.0.0.1.
    #[must_use]
    pub fn to(port: u16) -> Self {
        let gate = Self::new();
        gate.lead_to(port);
        gate
    }

    /// Where it leads from now on.
    pub fn lead_to(&self, port: u16) {
        *lock(&self.shared.target) = port;
    }

    /// Where clients reach it.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Leads to the server of `url`; the same URL by way of this gate.
    ///
    /// # Panics
    /// When `url` is none with a port.
    #[must_use]
    pub fn in_front_of(&self, url: &str) -> String {
        let mut url = reqwest::Url::parse(url).expect("a URL");
        self.lead_to(url.port().expect("a URL with a port"));
        url.set_host(Some("127.0.0.1")).expect("a URL with a host");
        url.set_port(Some(self.port)).expect("a URL with a port");
        url.into()
    }

    /// Everything passes. What was sent while it hung passes now.
    pub async fn open(&self) {
        let was = self.shared.way.send_replace(Way::Open);
        if was == Way::Deaf {
            // A connection that lost an answer is of no use any more.
            self.cut();
        }
        self.wait_for_listening(true).await;
    }

    /// Nobody listens; existing connections are cut.
    pub async fn refuse(&self) {
        self.shared.way.send_replace(Way::Refuse);
        self.wait_for_listening(false).await;
        // A process that another test is just starting has the socket, too, until it has become what it shall be.
        eventually(CLOSED, "nobody listens any more", async || {
            TcpStream::connect(("127.0.0.1", self.port)).await.is_err()
        })
        .await;
        self.cut();
    }

    /// Connections are taken and stay; nothing passes, in neither direction.
    pub async fn hang(&self) {
        self.shared.way.send_replace(Way::Hang);
        self.wait_for_listening(true).await;
    }

    /// What clients send passes, what the server answers is lost.
    pub async fn deafen(&self) {
        self.shared.way.send_replace(Way::Deaf);
        self.wait_for_listening(true).await;
    }

    /// Cuts existing connections; new ones can be made at once.
    pub fn cut(&self) {
        self.shared.cuts.send_modify(|cuts| *cuts += 1);
    }

    /// Existing connections stay and are dead, as when the other end's machine is gone: nothing comes any more, and
    /// nobody says so. New ones pass.
    pub fn mute(&self) {
        self.shared.mutes.send_modify(|mutes| *mutes += 1);
    }

    /// Cuts, once, the connection on which a client sends these words one after the other.
    pub fn cut_at<W: AsRef<[u8]>>(&self, words: impl IntoIterator<Item = W>, moment: Moment) {
        let words = words.into_iter().map(|word| word.as_ref().to_vec()).collect();
        *lock(&self.shared.trap) = Some(Trap { words, moment });
    }

    /// How often [`cut_at`](Self::cut_at) has cut.
    #[must_use]
    pub fn sprung(&self) -> usize {
        *lock(&self.shared.sprung)
    }

    /// How many connections there are now, also such as hang.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::SeqCst)
    }

    async fn wait_for_listening(&self, wanted: bool) {
        let mut listening = self.shared.listening.subscribe();
        listening.wait_for(|is| *is == wanted).await.expect("the gate's thread lives as long as it does");
    }
}

impl Default for Gate {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        drop(self.end.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

async fn serve(port: u16, shared: &Arc<Shared>) {
    let mut way = shared.way.subscribe();
    loop {
        let _ = way.wait_for(|way| *way != Way::Refuse).await;
        let listener = TcpListener::bind(("127.0.0.1", port)).await.expect("the gate's port is its own");
        shared.listening.send_replace(true);
        loop {
            tokio::select! {
                _ = way.wait_for(|way| *way == Way::Refuse) => break,
                accepted = listener.accept() => {
                    if let Ok((client, _)) = accepted {
                        tokio::spawn(lead(client, Arc::clone(shared)));
                    }
                }
            }
        }
        drop(listener);
        shared.listening.send_replace(false);
    }
}

/// One connection, until one of its ends or the gate's owner ends it.
async fn lead(client: TcpStream, shared: Arc<Shared>) {
    let mut cuts = shared.cuts.subscribe();
    let number = *cuts.borrow_and_update();
    let mut mutes = shared.mutes.subscribe();
    let unmuted = *mutes.borrow_and_update();
    let mut way = shared.way.subscribe();
    shared.connections.fetch_add(1, Ordering::SeqCst);
    let mut passing = pin!(async {
        let _ = way.wait_for(|way| matches!(way, Way::Open | Way::Deaf)).await;
        let target = *lock(&shared.target);
        if let Ok(server) = TcpStream::connect(("127.0.0.1", target)).await {
            Pipe::new(&shared).run(client, server).await;
        }
    });
    let muted = tokio::select! {
        () = &mut passing => false,
        _ = cuts.wait_for(|now| *now != number) => false,
        _ = mutes.wait_for(|now| *now != unmuted) => true,
    };
    if muted {
        // What passes is let be, and not let go: neither end sees the other leave.
        let _ = cuts.wait_for(|now| *now != number).await;
    }
    shared.connections.fetch_sub(1, Ordering::SeqCst);
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
