//! `/livez`, `/readyz` and `/metrics`.
//!
//! Alive means that the process answers. Ready means that every check passes and that it is not shutting down. The
//! answer names the checks; why one failed is in the log only.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use actix_web::http::header;
use actix_web::{HttpResponse, web};
use sea_orm::DatabaseConnection;
use sea_orm_migration::MigratorTrait;
use serde_json::{Map, Value, json};
use tokio_util::sync::CancellationToken;

use crate::problem::Problem;
use crate::server::resource;
use crate::telemetry;

/// How long one check may take.
const CHECK_TIME: Duration = Duration::from_secs(2);

type Check = Arc<dyn Fn() -> Pin<Box<dyn Future<Output = anyhow::Result<()>> + Send>> + Send + Sync>;

/// What has to be right for the service to be of use.
#[derive(Clone, Default)]
pub struct Readiness {
    checks: Vec<(&'static str, Check)>,
    shutdown: CancellationToken,
}

impl Readiness {
    /// Ready unless a check fails.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Not ready once `shutdown` is cancelled.
    #[must_use]
    pub fn until(mut self, shutdown: CancellationToken) -> Self {
        self.shutdown = shutdown;
        self
    }

    /// A further check, bounded to two seconds.
    #[must_use]
    pub fn check<F, Fut>(mut self, name: &'static str, check: F) -> Self
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = anyhow::Result<()>> + Send + 'static,
    {
        self.checks.push((name, Arc::new(move || Box::pin(check()))));
        self
    }

    /// The check `database`: a connection answers.
    #[must_use]
    pub fn database(self, db: DatabaseConnection) -> Self {
        self.check("database", move || {
            let db = db.clone();
            async move { Ok(db.ping().await?) }
        })
    }

    /// The check `migrations`: the schema is not older than this program.
    #[must_use]
    pub fn migrations<M: MigratorTrait>(self, db: DatabaseConnection) -> Self {
        self.check("migrations", move || {
            let db = db.clone();
            async move { Ok(messaging::database::ensure_migrated::<M>(&db).await?) }
        })
    }

    async fn run(&self) -> (bool, Map<String, Value>) {
        let results = futures::future::join_all(self.checks.iter().map(async |(name, check)| {
            let result = match tokio::time::timeout(CHECK_TIME, check()).await {
                Ok(result) => result,
                Err(late) => Err(late.into()),
            };
            if let Err(error) = &result {
                tracing::warn!(check = name, error = format!("{error:#}"), "not ready");
            }
            (*name, result.is_ok())
        }))
        .await;
        let ready = results.iter().all(|(_, passed)| *passed);
        let words = |passed| if passed { "ok" } else { "failed" };
        (ready, results.into_iter().map(|(name, passed)| (name.to_owned(), words(passed).into())).collect())
    }
}

/// Adds the three routes.
pub fn configure(config: &mut web::ServiceConfig, readiness: Readiness) {
    config
        .service(resource("/livez").get(async || HttpResponse::Ok().json(json!({ "status": "ok" }))))
        .service(resource("/readyz").get(move || {
            let readiness = readiness.clone();
            async move { ready(&readiness).await }
        }))
        .service(resource("/metrics").get(metrics));
}

async fn ready(readiness: &Readiness) -> HttpResponse {
    if readiness.shutdown.is_cancelled() {
        return HttpResponse::ServiceUnavailable().json(json!({ "status": "shutting down" }));
    }
    let (ready, checks) = readiness.run().await;
    let (mut answer, status) =
        if ready { (HttpResponse::Ok(), "ready") } else { (HttpResponse::ServiceUnavailable(), "not ready") };
    answer.json(json!({ "status": status, "checks": checks }))
}

async fn metrics() -> Result<HttpResponse, Problem> {
    let text = telemetry::render_metrics()?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8"))
        .body(text))
}
