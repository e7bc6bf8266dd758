//! What the services share around their use cases: configuration, telemetry, problems, validation, callers, CSRF,
//! idempotency, health, the HTTP server and its end.
//!
//! A service reads its configuration, builds its state once, and serves its routes:
//!
//! ```no_run
//! use std::sync::Arc;
//!
//! use actix_web::{HttpResponse, web};
//! use kernel::{Clock, SystemClock};
//! use service_kit::auth::{Auth, AuthConfig, Caller, JwtVerifier};
//! use service_kit::csrf::{self, Csrf};
//! use service_kit::env::{ConfigErrors, DatabaseConfig, Env, HttpConfig, Reader};
//! use service_kit::health::{self, Readiness};
//! use service_kit::idempotency::{Claim, IdempotencyKey, request_hash};
//! use service_kit::problem::{Json, Problem};
//! use service_kit::server::{Server, resource};
//! use service_kit::task::Tasks;
//! use service_kit::telemetry::{self, TelemetryConfig};
//! use service_kit::validation::Violations;
//! use tokio_util::sync::CancellationToken;
//!
//! struct Config {
//!     http: HttpConfig,
//!     database: DatabaseConfig,
//!     auth: AuthConfig,
//!     csrf_key: secrecy::SecretString,
//!     telemetry: TelemetryConfig,
//! }
//!
//! impl Config {
//!     fn from_env(env: &Env) -> Result<Self, ConfigErrors> {
//!         let mut read = Reader::new(env);
//!         let config = Self {
//!             http: HttpConfig::read(&mut read, 3005),
//!             database: DatabaseConfig::read(&mut read),
//!             auth: AuthConfig::read(&mut read),
//!             csrf_key: read.required_key("CSRF_KEY", 32),
//!             telemetry: TelemetryConfig::read(&mut read),
//!         };
//!         read.finish(config)
//!     }
//! }
//!
//! #[derive(serde::Deserialize)]
//! struct Checkout {
//!     name: String,
//! }
//!
//! /// One endpoint: caller, CSRF and key by extractors, rules by `Violations`, the work in a detached task.
//! async fn checkout(
//!     caller: Caller,
//!     csrf: csrf::Checked,
//!     key: IdempotencyKey,
//!     tasks: web::Data<Tasks>,
//!     body: Json<Checkout>,
//! ) -> Result<HttpResponse, Problem> {
//!     let hash = request_hash("POST", "/api/orders/checkout", body.raw());
//!     let claim = key.0.map(|key| Claim::new(csrf.scope(&caller), key, hash));
//!     let mut violations = Violations::new();
//!     let name = violations.text("/name", &body.name);
//!     violations.check()?;
//!     // In the use case: `claim.begin(&tx, clock)`, `claim.attach(&tx, id)`, commit, call out, `claim.finish(&db, clock)`.
//!     let greeting = tasks.detached(async move { format!("{name} {claim:?}") }).await?;
//!     Ok(HttpResponse::Ok().json(greeting))
//! }
//!
//! async fn serve(config: Config, shutdown: CancellationToken) -> anyhow::Result<()> {
//!     let clock: Arc<dyn Clock> = Arc::new(SystemClock);
//!     let users = JwtVerifier::new(&config.auth, clock.clone())?;
//!     let auth = web::Data::new(Auth::new(users, config.auth.service_token.clone()));
//!     let csrf = Csrf::new(config.csrf_key, config.http.allowed_origins.clone(), clock);
//!     let csrf = web::Data::new(csrf);
//!     let readiness = Readiness::new().until(shutdown.clone());
//!     let routes = move |app: &mut web::ServiceConfig| {
//!         health::configure(app, readiness.clone());
//!         app.app_data(auth.clone())
//!             .app_data(csrf.clone())
//!             .service(resource("/api/csrf-token").get(csrf::token))
//!             .service(resource("/api/orders/checkout").post(checkout));
//!     };
//!     let server = Server::bind(&config.http)?;
//!     server.run(Tasks::new(), routes, shutdown).await
//! }
//!
//! #[tokio::main]
//! async fn main() -> anyhow::Result<()> {
//!     let config = Config::from_env(&Env::from_process())?;
//!     let telemetry = telemetry::init("order-service", &config.telemetry)?;
//!     let served = serve(config, service_kit::shutdown::on_signal()?).await;
//!     telemetry.shutdown().await;
//!     served
//! }
//! ```
//!
//! Outgoing calls carry the trace by [`telemetry::with_trace`]. Routes are made with [`server::resource`], so that a
//! wrong method is 405 with `Allow`. [`idempotency::migration`] goes before a service's own migrations.

pub mod auth;
pub mod command;
pub mod csrf;
pub mod database;
pub mod env;
pub mod health;
pub mod idempotency;
pub mod problem;
pub mod server;
pub mod shutdown;
pub mod supervise;
pub mod task;
pub mod telemetry;
pub mod validation;
