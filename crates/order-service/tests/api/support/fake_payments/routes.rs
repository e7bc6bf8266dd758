//! The fake's routes.

use std::sync::Mutex;

use actix_web::web::{Data, Json, Path, Query, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse, get, post, put};
use events::purchases::{ClosePurchase, EnsureSession};
use kernel::OrderId;
use serde_json::json;

use super::state::State;

pub const TOKEN: &str = "a service token for tests";

pub fn configure(config: &mut ServiceConfig) {
    config.service(ensure).service(refresh).service(close).service(by_session);
}

fn problem(status: u16, code: &str) -> HttpResponse {
    let status = actix_web::http::StatusCode::from_u16(status).unwrap();
    let body = json!({"code": code, "retryable": status.is_server_error()});
    HttpResponse::build(status).content_type("application/problem+json").body(body.to_string())
}

/// 401 without the service token, 503 while down, 404 from somebody else.
fn refused(request: &HttpRequest, state: &State) -> Option<HttpResponse> {
    let bearer = request.headers().get("authorization").and_then(|value| value.to_str().ok());
    if bearer != Some(&format!("Bearer {TOKEN}")) {
        return Some(problem(401, "unauthorized"));
    }
    if let Some(body) = state.misrouted {
        return Some(HttpResponse::NotFound().content_type("application/json").body(body));
    }
    state.down.then(|| problem(503, "payment_provider_unavailable"))
}

#[put("/internal/purchases/{id}/session")]
async fn ensure(
    request: HttpRequest,
    state: Data<Mutex<State>>,
    id: Path<OrderId>,
    body: Json<EnsureSession>,
) -> HttpResponse {
    let gate = {
        let mut state = state.lock().unwrap();
        state.calls.ensure += 1;
        state.gate.clone()
    };
    if let Some(gate) = gate {
        gate.acquire().await.unwrap().forget();
    }
    let mut state = state.lock().unwrap();
    if let Some(refused) = refused(&request, &state) {
        return refused;
    }
    state.last_ensure = Some(body.clone());
    match state.ensure(*id, body.into_inner()) {
        Ok(purchase) => HttpResponse::Ok().json(purchase),
        Err(code) => problem(409, code),
    }
}

#[post("/internal/purchases/{id}/refresh")]
async fn refresh(request: HttpRequest, state: Data<Mutex<State>>, id: Path<OrderId>) -> HttpResponse {
    let mut state = state.lock().unwrap();
    state.calls.refresh += 1;
    if let Some(refused) = refused(&request, &state) {
        return refused;
    }
    match state.purchases.get_mut(&id) {
        Some(known) => {
            known.learn();
            HttpResponse::Ok().json(known.answer(None))
        }
        None => problem(404, "not_found"),
    }
}

#[post("/internal/purchases/{id}/close")]
async fn close(
    request: HttpRequest,
    state: Data<Mutex<State>>,
    id: Path<OrderId>,
    body: Json<ClosePurchase>,
) -> HttpResponse {
    let gate = {
        let mut state = state.lock().unwrap();
        state.calls.close += 1;
        state.close_gate.clone()
    };
    if let Some(gate) = gate {
        gate.acquire().await.unwrap().forget();
    }
    let mut state = state.lock().unwrap();
    if let Some(refused) = refused(&request, &state) {
        return refused;
    }
    HttpResponse::Ok().json(state.close(*id, body.generation))
}

#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct BySession {
    session_id: String,
}

#[get("/internal/purchases")]
async fn by_session(
    request: HttpRequest,
    state: Data<Mutex<State>>,
    query: Query<BySession>,
) -> HttpResponse {
    let mut state = state.lock().unwrap();
    state.calls.by_session += 1;
    if let Some(refused) = refused(&request, &state) {
        return refused;
    }
    let known = state.purchases.values().find(|known| {
        let mut sessions = known.payments.iter().map(|payment| payment.snapshot.session_id.as_deref());
        sessions.any(|session| session == Some(query.session_id.as_str()))
    });
    match known {
        Some(known) => HttpResponse::Ok().json(known.answer(None)),
        None => problem(404, "not_found"),
    }
}
