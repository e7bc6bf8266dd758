//! One address for the replicas of a service, as a load balancer in front of them: connections go to each in turn, and
//! past those that refuse.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// How long a backend may take to accept.
const CONNECT: Duration = Duration::from_secs(2);

/// Listens as long as it lives.
pub struct Edge {
    port: u16,
    backends: Arc<Mutex<Vec<u16>>>,
    task: JoinHandle<()>,
}

impl Edge {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let backends = Arc::new(Mutex::new(Vec::new()));
        let task = tokio::spawn(serve(listener, Arc::clone(&backends)));
        Self { port, backends, task }
    }

    /// Ports on this machine that take the connections from now on.
    pub fn lead_to(&self, ports: Vec<u16>) {
        *self.backends.lock().unwrap_or_else(PoisonError::into_inner) = ports;
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }
}

impl Drop for Edge {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(listener: TcpListener, backends: Arc<Mutex<Vec<u16>>>) {
    let turn = AtomicUsize::new(0);
    while let Ok((client, _)) = listener.accept().await {
        let mut ports = backends.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if !ports.is_empty() {
            let first = turn.fetch_add(1, Ordering::Relaxed) % ports.len();
            ports.rotate_left(first);
        }
        tokio::spawn(forward(client, ports));
    }
}

/// Nobody who accepts: the client sees its connection closed.
async fn forward(mut client: TcpStream, ports: Vec<u16>) {
    for port in ports {
        if let Ok(Ok(mut backend)) = timeout(CONNECT, TcpStream::connect(("127.0.0.1", port))).await {
            // Either side may go away in the middle; that is what this is for.
            let _ = copy_bidirectional(&mut client, &mut backend).await;
            return;
        }
    }
}
