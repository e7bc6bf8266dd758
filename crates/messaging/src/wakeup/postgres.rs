//! Wake-ups between processes by LISTEN and NOTIFY.
//!
//! NOTIFY runs outside of the writers' transactions (inside it costs half the commits), at most once per
//! 20 ms. One channel of PostgreSQL carries all of ours: `<process>/<channel>,<channel>`.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sea_orm::sqlx::{self, postgres::PgListener};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement};
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::{Announce, Hub};
use crate::database::within;

const CHANNEL: &str = "messaging_wakeup";
const COALESCE: Duration = Duration::from_millis(20);
const RECONNECT: Duration = Duration::from_secs(1);
/// A wake-up that takes longer is of no use: whoever waits has looked by himself.
const SEND: Duration = Duration::from_secs(5);
/// A connection that has been silent for so long is asked whether it is alive: without that, one whose other end is
/// gone without a word looks like one on which nothing happens.
const SILENCE: Duration = Duration::from_secs(15);
/// How long connecting, listening and the answer to that may take each.
const ANSWER: Duration = Duration::from_secs(5);

/// What is to be announced, and the tasks that do it; they end with this value.
pub(super) struct Notifications {
    pending: Arc<Pending>,
    _end: DropGuard,
}

#[derive(Default)]
struct Pending {
    channels: Mutex<BTreeSet<String>>,
    some: Notify,
}

impl Pending {
    fn take(&self) -> BTreeSet<String> {
        std::mem::take(&mut self.channels.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Announce for Notifications {
    fn announce(&self, channel: &str) {
        let mut channels = self.pending.channels.lock().unwrap_or_else(PoisonError::into_inner);
        if channels.insert(channel.to_owned()) {
            self.pending.some.notify_one();
        }
    }
}

impl Notifications {
    pub(super) fn start(db: DatabaseConnection, url: &str, hub: &Arc<Hub>) -> Self {
        let me = format!("{:032x}", u128::from_be_bytes(kernel::random::bytes()));
        let pending = Arc::<Pending>::default();
        let end = CancellationToken::new();
        tokio::spawn(end.clone().run_until_cancelled_owned(send(db, me.clone(), Arc::clone(&pending))));
        tokio::spawn(end.clone().run_until_cancelled_owned(listen(url.to_owned(), me, Arc::clone(hub))));
        Self { pending, _end: end.drop_guard() }
    }
}

async fn send(db: DatabaseConnection, me: String, pending: Arc<Pending>) {
    loop {
        pending.some.notified().await;
        let channels: Vec<String> = pending.take().into_iter().collect();
        let payload = format!("{me}/{}", channels.join(","));
        let notify = Statement::from_sql_and_values(
            DbBackend::Postgres,
            "SELECT pg_notify($1, $2)",
            [CHANNEL.into(), payload.into()],
        );
        if let Err(error) = within(SEND, db.execute_raw(notify)).await {
            tracing::debug!(error = %error, "a wake-up was not sent; whoever waits looks by himself");
        }
        sleep(COALESCE).await;
    }
}

async fn listen(url: String, me: String, hub: Arc<Hub>) {
    loop {
        if let Err(error) = listen_once(&url, &me, &hub).await {
            tracing::warn!(error = %error, "the connection for wake-ups is lost and made again");
        }
        sleep(RECONNECT).await;
    }
}

async fn listen_once(url: &str, me: &str, hub: &Hub) -> Result<(), sqlx::Error> {
    let mut listener = in_time(PgListener::connect(url)).await?;
    // Lost is lost: the pauses between connections are ours.
    listener.eager_reconnect(false);
    in_time(listener.listen(CHANNEL)).await?;
    hub.wake_all();
    loop {
        let Ok(received) = timeout(SILENCE, listener.try_recv()).await else {
            in_time(sqlx::query("SELECT 1").execute(&mut listener)).await?;
            continue;
        };
        let Some(notification) = received? else {
            return Err(sqlx::Error::Io(std::io::ErrorKind::ConnectionAborted.into()));
        };
        let Some((sender, channels)) = notification.payload().split_once('/') else {
            continue;
        };
        // Our own were delivered without the detour.
        if sender != me {
            channels.split(',').for_each(|channel| hub.wake(channel));
        }
    }
}

async fn in_time<T>(work: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, sqlx::Error> {
    timeout(ANSWER, work).await.unwrap_or_else(|_| Err(sqlx::Error::Io(std::io::ErrorKind::TimedOut.into())))
}
