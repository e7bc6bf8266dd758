//! `GET /api/payments/config`: what a browser needs to begin.

use actix_web::HttpResponse;
use actix_web::web::Data;
use serde_json::json;

use super::Settings;

pub(super) async fn handle(settings: Data<Settings>) -> HttpResponse {
    HttpResponse::Ok().json(json!({
        "publishableKey": settings.publishable_key,
        "currency": settings.currency,
        "paymentMethodTypes": settings.payment_method_types,
    }))
}
