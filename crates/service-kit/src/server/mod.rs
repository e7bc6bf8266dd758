//! The HTTP server every service runs: spans and request ids, problems for every error, CORS, limits against slow
//! and large clients, an end that waits for what is going on.

mod cors;
mod deadline;
mod in_flight;
mod port_file;
mod resource;

use std::net::{Shutdown, TcpListener};
use std::time::{Duration, Instant};

use actix_web::middleware::from_fn;
use actix_web::web::{self, PayloadConfig, ServiceConfig};
use actix_web::{App, HttpServer};
use anyhow::Context;
use socket2::SockRef;
use tokio_util::sync::CancellationToken;
use tracing_actix_web::TracingLogger;

pub use resource::{Resource, resource};

use crate::env::HttpConfig;
use crate::problem::{self, BODY_LIMIT, Problem};
use crate::task::Tasks;
use crate::telemetry::RequestSpan;

/// How long an idle connection is kept.
const KEEP_ALIVE: Duration = Duration::from_secs(30);
/// How long the head of a request may take to arrive.
const HEAD_TIME: Duration = Duration::from_secs(5);
/// How long a closing connection may take to drain.
const DISCONNECT_TIME: Duration = Duration::from_secs(2);
/// What the acceptor's thread has to hear of a pause: one that finds its port closed first calls that an error.
const PAUSE_TIME: Duration = Duration::from_millis(20);
/// Connections per worker, at most.
const MAX_CONNECTIONS: usize = 10_000;

/// A server that has its port and does not answer yet.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    port: u16,
    config: HttpConfig,
}

impl Server {
    /// Takes the port.
    ///
    /// # Errors
    /// When the address cannot be listened to.
    pub fn bind(config: &HttpConfig) -> anyhow::Result<Self> {
        if config.allowed_origins.is_any() {
            tracing::warn!("ALLOWED_ORIGINS is *: customers may be redirected to any https site");
        }
        let address = (config.host.as_str(), config.port);
        let listener = TcpListener::bind(address)
            .with_context(|| format!("cannot listen on {}:{}", config.host, config.port))?;
        let port = listener.local_addr()?.port();
        Ok(Self { listener, port, config: config.clone() })
    }

    /// The port it listens on, also if it was picked.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Serves what `routes` configures, until `shutdown` and what follows it: for `DRAIN_DELAY` everything goes on, but
    /// every answer closes its connection; then nothing more is taken, and requests in flight and `tasks` are waited
    /// for, at most `SHUTDOWN_TIMEOUT`. `tasks` is in the app's data.
    ///
    /// `routes` runs once per worker; make state outside and share it by `web::Data`.
    ///
    /// # Errors
    /// When the server cannot start, or the port cannot be written to `PORT_FILE`.
    pub async fn run<F>(self, tasks: Tasks, routes: F, shutdown: CancellationToken) -> anyhow::Result<()>
    where
        F: Fn(&mut ServiceConfig) + Clone + Send + 'static,
    {
        let bound = self.config.shutdown_timeout;
        let port = self.listener.try_clone().context("the port cannot be closed in time")?;
        let origins = self.config.allowed_origins.clone();
        let shared = tasks.clone();
        let server = HttpServer::new(move || {
            App::new()
                .app_data(PayloadConfig::new(BODY_LIMIT))
                .app_data(problem::path_config())
                .app_data(problem::query_config())
                .app_data(web::Data::new(shared.clone()))
                .wrap(from_fn(deadline::keep))
                .wrap(cors::policy(&origins))
                .wrap(from_fn(problem::render))
                .wrap(from_fn(in_flight::track))
                .wrap(TracingLogger::<RequestSpan>::new())
                .configure(routes.clone())
                .default_service(web::to(async || Err::<String, _>(Problem::not_found())))
        })
        .workers(self.config.workers)
        .max_connections(MAX_CONNECTIONS)
        .keep_alive(KEEP_ALIVE)
        .client_request_timeout(HEAD_TIME)
        .client_disconnect_timeout(DISCONNECT_TIME)
        .shutdown_timeout(bound.as_secs())
        .disable_signals()
        .listen(self.listener)?
        .run();
        let handle = server.handle();
        let mut serving = tokio::spawn(server);
        if let Some(path) = &self.config.port_file {
            port_file::write(path, self.port).with_context(|| format!("cannot write {}", path.display()))?;
        }
        tracing::info!(port = self.port, "listening");
        let drained = async {
            shutdown.cancelled().await;
            tasks.announce_end();
            // `/readyz` fails from here on, and until that is seen requests go on coming.
            tokio::time::sleep(self.config.drain_delay).await;
        };
        tokio::select! {
            ended = &mut serving => {
                ended??;
                anyhow::bail!("the HTTP server ended by itself");
            }
            () = drained => {}
        }
        let started = Instant::now();
        handle.pause().await;
        tokio::time::sleep(PAUSE_TIME).await;
        // The server only stops looking. Whoever calls now has to be refused, to turn to another replica at once.
        if let Err(error) = SockRef::from(&port).shutdown(Shutdown::Read) {
            tracing::debug!(%error, "the port stays open until the end");
        }
        // Workers stay until nothing is in flight: database connections opened on them would die with them.
        if !tasks.drain(bound).await {
            tracing::warn!(?bound, "requests or tasks are still running; ending without them");
        }
        let left = bound.saturating_sub(started.elapsed()).max(DISCONNECT_TIME);
        if tokio::time::timeout(left, handle.stop(true)).await.is_err() {
            handle.stop(false).await;
        }
        serving.await??;
        Ok(())
    }
}
