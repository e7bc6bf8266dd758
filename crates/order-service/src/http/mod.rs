//! The public REST API, one endpoint per file. Contract: the order representation in [`body`], problems by
//! [`errors`].

mod admin_product_delete;
mod admin_product_put;
mod asker;
mod body;
mod by_session;
mod cancel;
mod checkout;
mod errors;
mod get_order;
mod input;
mod products;
mod retry_session;
mod session_id;
mod verify;

use std::sync::Arc;

use actix_web::web::{Data, ServiceConfig};
use service_kit::csrf;
use service_kit::server::resource;
use service_kit::validation::AllowedOrigins;

use crate::app::App;

/// What the handlers share.
#[derive(Debug, Clone)]
pub(crate) struct Shop {
    pub(crate) app: Arc<App>,
    /// Where buyers may be sent.
    pub(crate) origins: AllowedOrigins,
}

/// Registers every route. `Auth`, `Csrf` and `Tasks` are in the app's data.
pub(crate) fn configure(config: &mut ServiceConfig, shop: Shop) {
    config
        .app_data(Data::new(shop))
        .service(resource("/api/csrf-token").get(csrf::token))
        .service(resource("/api/products").get(products::list))
        .service(resource("/api/orders/checkout").post(checkout::post))
        .service(resource("/api/orders/verify").post(verify::post))
        .service(resource("/api/orders/by-session/{session_id}").get(by_session::get))
        .service(resource("/api/orders/{id}").get(get_order::get))
        .service(resource("/api/orders/{id}/retry-session").post(retry_session::post))
        .service(resource("/api/orders/{id}/cancel").post(cancel::post))
        .service(
            resource("/api/admin/products/{id}")
                .put(admin_product_put::put)
                .delete(admin_product_delete::delete),
        );
}
