//! The internal purchases API, for order-service: bearer `SERVICE_TOKEN`, not routed from outside. Bodies are
//! [`events::purchases`].

mod ensure;

use actix_web::HttpResponse;
use actix_web::web::{Data, Path, Query};
use events::purchases::ClosePurchase;
use serde::Deserialize;
use service_kit::auth::RequireService;
use service_kit::problem::{Json, Problem};
use service_kit::task::Tasks;

use super::problem::problem;
use crate::app::{self, App};

pub(super) use ensure::ensure;

fn to_problem(error: app::UseCaseError) -> Problem {
    problem(error, "/amount")
}

/// `GET /internal/purchases/{id}`
pub(super) async fn get(
    _: RequireService,
    app: Data<App>,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    let purchase = app::get_purchase(&app, &id).await.map_err(to_problem)?;
    Ok(HttpResponse::Ok().json(purchase))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct BySession {
    session_id: String,
}

/// `GET /internal/purchases?sessionId=…`
pub(super) async fn by_session(
    _: RequireService,
    app: Data<App>,
    query: Query<BySession>,
) -> Result<HttpResponse, Problem> {
    let purchase = app::by_session(&app, &query.session_id).await.map_err(to_problem)?;
    Ok(HttpResponse::Ok().json(purchase))
}

/// `POST /internal/purchases/{id}/refresh`
pub(super) async fn refresh(
    _: RequireService,
    app: Data<App>,
    tasks: Data<Tasks>,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    let app = app.into_inner();
    let refreshed = tasks.detached(async move { app::refresh(&app, &id).await }).await?;
    Ok(HttpResponse::Ok().json(refreshed.map_err(to_problem)?))
}

/// `POST /internal/purchases/{id}/close`
pub(super) async fn close(
    _: RequireService,
    app: Data<App>,
    tasks: Data<Tasks>,
    id: Path<String>,
    body: Json<ClosePurchase>,
) -> Result<HttpResponse, Problem> {
    let app = app.into_inner();
    let closed = tasks.detached(async move { app::close(&app, &id, body.generation).await }).await?;
    Ok(HttpResponse::Ok().json(closed.map_err(to_problem)?))
}
