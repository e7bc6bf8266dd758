//! Pages for a person in a browser: the sandbox's front page and the hosted Checkout.

use actix_web::{HttpResponse, web};

/// The routes.
pub(crate) fn routes(config: &mut web::ServiceConfig) {
    config.route("/", web::get().to(front));
}

async fn front() -> HttpResponse {
    HttpResponse::Ok().content_type("text/html; charset=utf-8").body("a sandbox, not Stripe")
}
