//! One connection through a gate.

use std::sync::atomic::{AtomicBool, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};

use super::Moment;
use super::gate::{Shared, Way};

const CHUNK: usize = 64 * 1024;

pub(super) struct Pipe<'a> {
    shared: &'a Shared,
    /// The next answer ends the connection.
    doomed: AtomicBool,
}

impl<'a> Pipe<'a> {
    pub(super) const fn new(shared: &'a Shared) -> Self {
        Self { shared, doomed: AtomicBool::new(false) }
    }

    /// Until one end closes, or the gate's trap falls shut.
    pub(super) async fn run(self, client: TcpStream, server: TcpStream) {
        let _ = (client.set_nodelay(true), server.set_nodelay(true));
        let (from_client, to_client) = client.into_split();
        let (from_server, to_server) = server.into_split();
        tokio::select! {
            _ = self.forth(from_client, to_server) => {}
            _ = self.back(from_server, to_client) => {}
        }
    }

    async fn forth(&self, mut from: OwnedReadHalf, mut to: OwnedWriteHalf) -> std::io::Result<()> {
        let mut way = self.shared.way.subscribe();
        let mut chunk = vec![0; CHUNK];
        let mut met = 0;
        loop {
            let read = from.read(&mut chunk).await?;
            if read == 0 {
                return Ok(());
            }
            match self.shared.springs(&chunk[..read], &mut met) {
                Some(Moment::BeforeItArrives) => return Ok(()),
                Some(Moment::BeforeTheAnswer) => self.doomed.store(true, Ordering::SeqCst),
                None => {}
            }
            let _ = way.wait_for(|way| *way != Way::Hang).await;
            to.write_all(&chunk[..read]).await?;
        }
    }

    async fn back(&self, mut from: OwnedReadHalf, mut to: OwnedWriteHalf) -> std::io::Result<()> {
        let mut way = self.shared.way.subscribe();
        let mut chunk = vec![0; CHUNK];
        loop {
            let read = from.read(&mut chunk).await?;
            if read == 0 || self.doomed.load(Ordering::SeqCst) {
                return Ok(());
            }
            let now = *way.wait_for(|way| *way != Way::Hang).await.map_err(std::io::Error::other)?;
            if now != Way::Deaf {
                to.write_all(&chunk[..read]).await?;
            }
        }
    }
}
