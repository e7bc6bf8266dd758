//! An event's deliveries, and sending it again by hand.

use actix_web::{HttpResponse, web};
use serde_json::{Value, json};

use super::refuse;
use crate::app::App;
use crate::error::ApiError;

pub(crate) async fn show(app: web::Data<App>, id: web::Path<String>) -> HttpResponse {
    let state = app.state();
    let Some(event) = state.events.get(&id) else { return refuse(&ApiError::no_such("event", &id, "id")) };
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
    HttpResponse::Ok().json(json!({ "id": event.id, "type": event.kind, "deliveries": deliveries }))
}

/// Like Stripe's 'resend': to every endpoint that wants it, whether it took it already or not.
pub(crate) async fn redeliver(app: web::Data<App>, id: web::Path<String>) -> HttpResponse {
    match app.state().redeliver(&id) {
        Some(count) => HttpResponse::Ok().json(json!({ "id": *id, "deliveries": count })),
        None => refuse(&ApiError::no_such("event", &id, "id")),
    }
}
