//! Starts and stops the sandbox: HTTP, deliveries, the clockwork.

use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::middleware::DefaultHeaders;
use actix_web::{App as ActixApp, HttpResponse, HttpServer, web};
use anyhow::Context as _;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::config::Config;
use crate::state::{Endpoint, State};
use crate::{api, checkout_page, control, deliveries, flow, ids};

/// How often the clock is asked whether something is due.
const TICK: Duration = Duration::from_millis(50);
/// How long requests under way may take once it stops, in seconds.
const STOP_WAIT: u64 = 5;
const MAX_BODY: usize = 1024 * 1024;

/// A sandbox to be started.
#[derive(Debug)]
pub struct Sandbox;

/// A sandbox that runs. Dropped without [`Running::stop`] it goes on until its runtime ends.
#[derive(Debug)]
pub struct Running {
    url: String,
    port: u16,
    server: ServerHandle,
    stop: CancellationToken,
    tasks: Vec<JoinHandle<()>>,
}

impl Sandbox {
    /// Listens and answers until it is stopped. Needs a Tokio runtime.
    ///
    /// # Errors
    /// The address is taken, the port file cannot be written, or a webhook URL came without its secret.
    pub async fn start(config: Config) -> anyhow::Result<Running> {
        let listener = TcpListener::bind(config.listen)
            .with_context(|| format!("cannot listen on {}", config.listen))?;
        let address = listener.local_addr().context("no local address")?;
        let url = format!("http://{address}");
        let public_url = config.public_url.clone().unwrap_or_else(|| url.clone());
        let (jobs, queue) = mpsc::unbounded_channel();
        let mut state = State::new(&config, public_url.trim_end_matches('/').to_owned(), jobs);
        if let Some(endpoint) = configured_endpoint(&config, &state)? {
            state.endpoints.insert(endpoint);
        }
        let port_file = config.port_file.clone();
        let app = App::new(config, state);
        let shared = web::Data::from(Arc::clone(&app));
        let server = HttpServer::new(move || {
            ActixApp::new()
                .app_data(shared.clone())
                .app_data(web::PayloadConfig::new(MAX_BODY))
                .wrap(DefaultHeaders::new().add(("sandbox", "tender")))
                .configure(control::routes)
                .configure(checkout_page::routes)
                .route("/{version:v[12]}/{path:.*}", web::route().to(api::serve))
                .default_service(web::to(not_found))
        })
        .workers(2)
        .shutdown_timeout(STOP_WAIT)
        .disable_signals()
        .listen(listener)
        .context("cannot serve")?
        .run();
        let stop = CancellationToken::new();
        let running = Running {
            url: url.clone(),
            port: address.port(),
            server: server.handle(),
            stop: stop.clone(),
            tasks: vec![
                tokio::spawn(async move {
                    if let Err(error) = server.await {
                        tracing::error!(%error, "the server ended");
                    }
                }),
                tokio::spawn(deliveries::run(Arc::clone(&app), queue, stop.clone())),
                tokio::spawn(tick(Arc::clone(&app), stop)),
            ],
        };
        if let Some(file) = port_file {
            write_port(&file, address.port())?;
        }
        tracing::info!(%url, port = address.port(), "the Stripe sandbox listens: no real money here");
        Ok(running)
    }
}

impl Running {
    /// Where it answers, such as `http://127.0.0.1:12111`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The port it listens on.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Answers what is under way, sends what is being sent, and ends: within some seconds.
    pub async fn stop(self) {
        self.stop.cancel();
        self.server.stop(true).await;
        for task in self.tasks {
            if let Err(error) = task.await {
                tracing::error!(%error, "a task broke");
            }
        }
    }
}

fn configured_endpoint(config: &Config, state: &State) -> anyhow::Result<Option<Endpoint>> {
    let Some(url) = config.webhook_url.clone() else { return Ok(None) };
    let secret = config.webhook_secret.clone().context("a webhook URL needs its secret")?;
    Ok(Some(Endpoint {
        id: ids::webhook_endpoint(),
        created: state.now(),
        url,
        secret,
        enabled_events: vec!["*".into()],
        enabled: true,
        description: Some("configured at the start".into()),
        metadata: crate::metadata::Metadata::new(),
    }))
}

async fn tick(app: Arc<App>, stop: CancellationToken) {
    let mut ticks = tokio::time::interval(TICK);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = ticks.tick() => flow::clockwork::tick(&mut app.state()),
        }
    }
}

/// In one step, so that a reader never sees half a number.
fn write_port(file: &Path, port: u16) -> anyhow::Result<()> {
    let draft = file.with_extension("draft");
    std::fs::write(&draft, port.to_string())
        .and_then(|()| std::fs::rename(&draft, file))
        .with_context(|| format!("cannot write the port to {}", file.display()))
}

async fn not_found() -> HttpResponse {
    let error = crate::error::ApiError::unknown_route("request", "elsewhere");
    HttpResponse::NotFound().json(serde_json::json!({ "error": error.details() }))
}
