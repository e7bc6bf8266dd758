//! `GET /api/orders/by-session/{sessionId}`: all of the order for who may access it; status, items, totals
//! and the last error for a caller who only knows the session id.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use service_kit::problem::Problem;
use service_kit::task::Tasks;

use super::Shop;
use super::asker::Asking;
use super::body::OrderBody;
use super::session_id::is_session_id;
use crate::app::find_order::by_session;

/// The handler.
pub(super) async fn get(
    shop: Data<Shop>,
    session_id: Path<String>,
    Asking(asker): Asking,
    tasks: Data<Tasks>,
) -> Result<HttpResponse, Problem> {
    let session_id = session_id.into_inner();
    if !is_session_id(&session_id) {
        return Err(Problem::not_found());
    }
    let app = shop.app.clone();
    let view = tasks.detached(async move { by_session(&app, &session_id).await }).await??;
    let full = asker.may_access(&shop.app, &view.order);
    Ok(HttpResponse::Ok().json(OrderBody::of(&view, full)))
}
