//! The REST surface: requests to use cases, use cases to answers.

mod checkout_body;
mod config;
mod create_checkout_session;
mod internal;
mod problem;
mod settings;
mod verify_prices;
mod webhook;

use actix_web::web::ServiceConfig;
use service_kit::server::resource;

pub(crate) use settings::{Settings, is_payment_method};

/// All routes but health and metrics. Wants [`App`](crate::app::App), [`Settings`], callers and CSRF in the app's data.
pub(crate) fn routes(app: &mut ServiceConfig) {
    app.service(resource("/api/payments/create-checkout-session").post(create_checkout_session::handle))
        .service(resource("/api/payments/webhooks/stripe").post(webhook::handle))
        .service(resource("/api/payments/webhook").post(webhook::handle))
        .service(resource("/api/payments/verify-prices").post(verify_prices::handle))
        .service(resource("/api/payments/config").get(config::handle))
        .service(resource("/internal/purchases").get(internal::by_session))
        .service(resource("/internal/purchases/{id}").get(internal::get))
        .service(resource("/internal/purchases/{id}/session").put(internal::ensure))
        .service(resource("/internal/purchases/{id}/refresh").post(internal::refresh))
        .service(resource("/internal/purchases/{id}/close").post(internal::close));
}
