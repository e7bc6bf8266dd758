//! Pages for a person in a browser: the front page, the hosted Checkout, 3-D Secure, PayPal, receipts.
//!
//! Plain HTML rendered here: no scripts are needed, nothing is loaded from elsewhere, everything shown is
//! escaped.

mod card;
mod checkout;
mod front;
mod paypal;
mod render;
mod three_ds;

use actix_web::web;

/// The routes.
pub(crate) fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/", web::get().to(front::front))
        .route("/receipts/{charge}", web::get().to(front::receipt))
        .route("/c/pay/{session}", web::get().to(checkout::show))
        .route("/c/pay/{session}/card", web::post().to(card::pay))
        .route("/c/pay/{session}/3ds", web::get().to(three_ds::ask))
        .route("/c/pay/{session}/3ds", web::post().to(three_ds::answer))
        .route("/c/pay/{session}/paypal", web::get().to(paypal::ask))
        .route("/c/pay/{session}/paypal", web::post().to(paypal::answer))
        .route("/3ds/{intent}", web::get().to(three_ds::ask_intent))
        .route("/3ds/{intent}", web::post().to(three_ds::answer_intent));
}
