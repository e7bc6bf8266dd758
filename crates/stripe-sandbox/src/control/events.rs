//! An event's deliveries, and sending it again by hand.

use actix_web::{HttpResponse, web};
use serde_json::{Value, json};

use super::refuse;
use crate::app::App;
use crate::error::ApiError;
use crate::state::Event;

/// All of them, oldest first.
pub(crate) async fn list(app: web::Data<App>) -> HttpResponse {
    let events: Vec<Value> = app.state().events.iter().map(fate).collect();
    HttpResponse::Ok().json(json!({ "events": events }))
}

pub(crate) async fn show(app: web::Data<App>, id: web::Path<String>) -> HttpResponse {
    let state = app.state();
    match state.events.get(&id) {
        Some(event) => HttpResponse::Ok().json(fate(event)),
        None => refuse(&ApiError::no_such("event", &id, "id")),
    }
}

/// How its deliveries fare.
fn fate(event: &Event) -> Value {
    let deliveries: Vec<Value> = event
        .deliveries
        .iter()
        .map(|delivery| {
            json!({
                "endpoint": delivery.endpoint, "attempts": delivery.attempts, "delivered": delivery.delivered,
                "outcome": delivery.outcome,
            })
        })
        .collect();
    json!({ "id": event.id, "type": event.kind, "deliveries": deliveries })
}

/// Like Stripe's 'resend': to every endpoint that wants it, whether it took it already or not.
pub(crate) async fn redeliver(app: web::Data<App>, id: web::Path<String>) -> HttpResponse {
    match app.state().redeliver(&id) {
        Some(count) => HttpResponse::Ok().json(json!({ "id": *id, "deliveries": count })),
        None => refuse(&ApiError::no_such("event", &id, "id")),
    }
}
