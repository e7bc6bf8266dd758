//! `/_sandbox`: what tests and the demo do that Stripe's API cannot: pay as a customer, switch faults on,
//! read what was asked and what was captured. Needs no key; never expose it.

mod books;
mod events;
mod pay;
mod settle;
mod switches;

pub(crate) use settle::answer_challenge;

use actix_web::{HttpResponse, web};

use crate::error::ApiError;

/// The routes.
pub(crate) fn routes(config: &mut web::ServiceConfig) {
    let session = "/checkout/sessions/{id}";
    config.service(
        web::scope("/_sandbox")
            .route(&format!("{session}/pay"), web::post().to(pay::pay))
            .route(&format!("{session}/cancel"), web::post().to(pay::cancel))
            .route("/payment_intents/{id}/settle", web::post().to(settle::settle))
            .route("/events", web::get().to(events::list))
            .route("/events/{id}", web::get().to(events::show))
            .route("/events/{id}/redeliver", web::post().to(events::redeliver))
            .route("/faults", web::get().to(switches::faults))
            .route("/faults", web::put().to(switches::set_faults))
            .route("/calls", web::get().to(switches::calls))
            .route("/calls", web::delete().to(switches::forget_calls))
            .route("/books", web::get().to(books::books)),
    );
}

/// An error in Stripe's form.
fn refuse(error: &ApiError) -> HttpResponse {
    let status = actix_web::http::StatusCode::from_u16(error.status)
        .unwrap_or(actix_web::http::StatusCode::INTERNAL_SERVER_ERROR);
    HttpResponse::build(status).json(serde_json::json!({ "error": error.details() }))
}

/// A JSON body, whatever its content type; an empty one counts as `{}`.
fn json<T: serde::de::DeserializeOwned>(body: &web::Bytes) -> Result<T, ApiError> {
    let text: &[u8] = if body.is_empty() { b"{}" } else { body };
    serde_json::from_slice(text).map_err(|error| ApiError::bad_request(format!("Invalid JSON: {error}")))
}
